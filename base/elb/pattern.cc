#include "base/elb/pattern.h"

namespace multiaz::elb {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

enum class Kind { kEnd, kLiteral, kOne, kMany };

// A piece is what stands at one place of a pattern.
struct Piece {
  Kind kind = Kind::kEnd;
  char literal = 0;
  size_t length = 1;  // characters of the pattern
};

Piece piece_at(std::string_view pattern, size_t place, Escape escape) {
  Piece out;
  if (place >= pattern.size()) return out;
  out.literal = pattern[place];
  out.kind = Kind::kLiteral;
  if (out.literal == '*') out.kind = Kind::kMany;
  if (out.literal == '?') out.kind = Kind::kOne;
  const bool more = place + 1 < pattern.size();
  if (escape == Escape::kBackslash && out.literal == '\\' && more) {
    const char next = pattern[place + 1];
    if (next == '*' || next == '?' || next == '\\') {
      out.literal = next;
      out.length = 2;
    }
  }
  return out;
}

}  // namespace

// Only the last '*' needs to be tried at other places: what an earlier one could match more, the
// later one can.
bool matches(std::string_view pattern, std::string_view text, Case letters, Escape escape) {
  size_t at = 0, in = 0;
  size_t after_star = std::string_view::npos, star_text = 0;
  while (in < text.size()) {
    const Piece piece = piece_at(pattern, at, escape);
    if (piece.kind == Kind::kMany) {
      at += piece.length;
      after_star = at;
      star_text = in;
      continue;
    }
    const bool same = piece.kind == Kind::kLiteral &&
                      (letters == Case::kSensitive ? piece.literal == text[in]
                                                   : lower(piece.literal) == lower(text[in]));
    if (same || piece.kind == Kind::kOne) {
      at += piece.length;
      ++in;
      continue;
    }
    if (after_star == std::string_view::npos) return false;
    at = after_star;
    in = ++star_text;
  }
  while (piece_at(pattern, at, escape).kind == Kind::kMany) ++at;
  return at >= pattern.size();
}

size_t wildcards_in(std::string_view pattern, Escape escape) {
  size_t count = 0;
  for (size_t at = 0; at < pattern.size();) {
    const Piece piece = piece_at(pattern, at, escape);
    if (piece.kind == Kind::kMany || piece.kind == Kind::kOne) ++count;
    at += piece.length;
  }
  return count;
}

}  // namespace multiaz::elb
