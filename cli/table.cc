#include "cli/table.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/core/check.h"

namespace multiaz::cli {

namespace {

bool g_colours = false;

// The width on a terminal: escape sequences count 0, each code point 1.
size_t width_of(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) ++width;
  }
  return width;
}

}  // namespace

Table::Table(std::vector<std::string> heads) {
  for (std::string& head : heads) head = coloured(Colour::kDim, head);
  rows_.push_back(std::move(heads));
}

void Table::add(std::vector<std::string> cells) {
  CHECK(cells.size() == rows_[0].size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<size_t> widths(rows_[0].size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

void allow_colours(bool yes) {
  g_colours = yes;
}

std::string coloured(Colour colour, std::string_view text) {
  if (!g_colours || colour == Colour::kPlain) return std::string(text);
  const char* code = "";
  switch (colour) {
    case Colour::kPlain: break;
    case Colour::kGreen: code = "\033[32m"; break;
    case Colour::kYellow: code = "\033[33m"; break;
    case Colour::kRed: code = "\033[31m"; break;
    case Colour::kDim: code = "\033[2m"; break;
    case Colour::kBold: code = "\033[1m"; break;
  }
  return code + std::string(text) + "\033[0m";
}

std::string age_text(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds);
  if (whole < 60) return std::to_string(whole) + "s";
  if (whole < 3600) return std::to_string(whole / 60) + "m" + std::to_string(whole % 60) + "s";
  return std::to_string(whole / 3600) + "h" + std::to_string(whole / 60 % 60) + "m";
}

}  // namespace multiaz::cli
