#include "lb/access_log.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace multiaz::lb {

namespace {

// Seconds with milliseconds between two stamps, "-1" when either is missing.
std::string seconds(Nanos from, Nanos to) {
  if (from == 0 || to == 0) return "-1";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(to - from) / 1e9);
  return text;
}

std::string number_or_dash(int value) {
  return value == 0 ? "-" : std::to_string(value);
}

// Text in quotes: printable ASCII stays, every other byte becomes \xHH, so that no client can forge
// a line.
std::string in_quotes(std::string_view text) {
  if (text.empty()) return "\"-\"";
  std::string out = "\"";
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      out.push_back(c);
      continue;
    }
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned char>(c));
    out.append(hex);
  }
  return out + "\"";
}

// "GET http://shop.test:8080/cart HTTP/1.1"; of a request that could not be read
// "- http://127.20.1.11:8080- -", as ALBs write it.
std::string request_of(const AccessEntry& entry) {
  std::string host = entry.host.empty() ? entry.listener.text() : entry.host;
  if (host.find(':', host.rfind(']') + 1) == std::string::npos) {
    host += ":" + std::to_string(entry.listener.port);
  }
  const std::string origin = (entry.tls ? "https://" : "http://") + host;
  if (entry.uri == "-") return "- " + origin + "- -";
  const std::string url = entry.uri.starts_with('/') ? origin + entry.uri : entry.uri;
  return entry.method + " " + url + " HTTP/1." + std::to_string(entry.version_minor);
}

}  // namespace

std::string access_line(const AccessEntry& entry, const std::string& elb_name) {
  const std::string target = entry.target.ip == 0 ? "-" : entry.target.text();
  const std::string status = number_or_dash(entry.target_status);
  std::string line = (entry.tls         ? entry.websocket ? "wss " : "https "
                      : entry.websocket ? "ws "
                                        : "http ") +
                     wall_text(entry.created_wall_ms +
                               static_cast<int64_t>((entry.ended - entry.created) / kMillisecond));
  line += " " + elb_name + " " + entry.client.text() + " " + target;
  line += " " + seconds(entry.created, entry.dispatched);
  line += " " + seconds(entry.dispatched, entry.answered);
  line += " " + seconds(entry.answered, entry.answered == 0 ? 0 : entry.ended);
  line += " " + number_or_dash(entry.elb_status) + " " + status;
  line += " " + std::to_string(entry.received_bytes) + " " + std::to_string(entry.sent_bytes);
  line += " " + in_quotes(request_of(entry)) + " " + in_quotes(entry.user_agent);
  line += entry.tls ? " " + entry.tls->cipher + " " + entry.tls->version : " - -";
  line += entry.group.empty() ? " -" : " targetgroup/" + entry.group;
  line += " " + in_quotes(entry.trace) + " " + in_quotes(entry.tls ? entry.tls->server_name : "");
  line += " \"-\" ";
  line += entry.rule_priority < 0 ? "-" : std::to_string(entry.rule_priority);
  line += " " + wall_text(entry.created_wall_ms) + " " + in_quotes(entry.action);
  line += " " + in_quotes(entry.redirect_url) + " \"-\" ";
  line += in_quotes(target == "-" ? "" : target);
  line += " " + in_quotes(status == "-" ? "" : status) + " " + in_quotes(entry.classification);
  line += " " + in_quotes(entry.classification_reason);
  return line;
}

AccessLog::AccessLog(std::FILE* file, std::string elb_name)
    : file_(file), elb_name_(std::move(elb_name)) {}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, std::string elb_name) {
  std::FILE* file = std::fopen(path.c_str(), "ae");
  if (!file) return Error(Code::kIo, path + ": " + std::strerror(errno));
  std::setvbuf(file, nullptr, _IOLBF, 0);
  return std::unique_ptr<AccessLog>(new AccessLog(file, std::move(elb_name)));
}

void AccessLog::write(const AccessEntry& entry) {
  const std::string line = access_line(entry, elb_name_) + "\n";
  std::fwrite(line.data(), 1, line.size(), file_.get());
}

}  // namespace multiaz::lb
