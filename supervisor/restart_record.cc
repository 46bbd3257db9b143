#include "supervisor/restart_record.h"

#include <signal.h>

#include <cstring>

namespace multiaz::supervisor {

namespace {

// Only our own texts get here (see how_it_ended and strerror); still, a quote must not end the
// text.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

std::string to_json(const RestartRecord& record) {
  return "{\"pid\":" + std::to_string(record.pid) +
         ",\"restarts\":" + std::to_string(record.restarts) +
         ",\"failures\":" + std::to_string(record.failures) +
         ",\"last_end\":" + quoted(record.last_end) +
         ",\"last_end_unix_ms\":" + std::to_string(record.last_end_unix_ms) +
         ",\"next_start_unix_ms\":" + std::to_string(record.next_start_unix_ms) + "}\n";
}

std::string how_it_ended(int64_t exit_code, int64_t signal) {
  if (signal == 0) return "ended with exit code " + std::to_string(exit_code);
  const char* name = sigabbrev_np(static_cast<int>(signal));
  const std::string called = name ? std::string("SIG") + name : "signal " + std::to_string(signal);
  return (signal == SIGABRT ? "aborted (" + called + ")" : "killed by " + called);
}

}  // namespace multiaz::supervisor
