#include "chaos/faults/guardian.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

using GuardJson = nlohmann::json;

constexpr uint64_t kGuardPollMs = 20;
constexpr uint64_t kGuardTimeoutMs = 3'000;
constexpr uint64_t kInFlightMs = 1'000;

// When the process began. A pid may belong to another process by now: both must have begun at the
// same time.
std::string begun(int pid) {
  std::FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
  if (file == nullptr) return "";
  char text[1024] = {};
  const size_t got = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  std::string rest(text, got);
  rest = rest.substr(rest.rfind(')') + 1);
  size_t at = 0;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = rest.find(' ', at + 1);
  return at == std::string::npos ? "" : rest.substr(at + 1, rest.find(' ', at + 1) - at - 1);
}

// True when the process was found stopped: the one stop that the order is for is undone. Another
// one that comes later is not of this order.
bool continue_process(const GuardJson& order) {
  const int pid = static_cast<int>(jsonio::count_in(order, "pid"));
  if (pid <= 1 || begun(pid) != jsonio::text_in(order, "begun")) return false;
  const bool stopped = rt::process_state(pid) == 'T';
  ::kill(pid, SIGCONT);
  return stopped;
}

struct Watch {
  ControlApi control;
  std::map<uint64_t, GuardJson> orders;

  void take(const std::string& line) {
    const auto order = jsonio::parse_object(line);
    if (!order) return;
    const uint64_t id = jsonio::count_in(*order, "id");
    if (order->contains("until"))
      orders[id] = *order;
    else
      orders.erase(id);
  }

  // True when nothing is left to undo.
  rt::Task<bool> undo(GuardJson order) {
    if (order.contains("pid")) co_return continue_process(order);
    const std::string path = jsonio::text_in(order, "path"), body = jsonio::text_in(order, "body");
    (void)co_await control.call("POST", path, body);
    co_return true;
  }

  // Undoes the orders that are due (or all); returns those that found nothing to undo.
  rt::Task<std::vector<GuardJson>> undo_due(bool all) {
    std::vector<GuardJson> due;
    for (auto it = orders.begin(); it != orders.end();) {
      const bool now = all || jsonio::count_in(it->second, "until") <= monotonic_now();
      if (now) due.push_back(it->second);
      it = now ? orders.erase(it) : std::next(it);
    }
    std::vector<GuardJson> left;
    for (const GuardJson& order : due) {
      const bool undone = co_await undo(order);
      if (!undone) left.push_back(order);
    }
    co_return left;
  }
};

}  // namespace

rt::Task<int> guard(int in, rt::Address api, std::string token) {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  ::fcntl(in, F_SETFL, O_NONBLOCK);
  Watch watch{ControlApi(api, std::move(token), kGuardTimeoutMs), {}};
  std::string pending;
  while (true) {
    char bytes[4096];
    const ssize_t got = ::read(in, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got > 0) pending.append(bytes, static_cast<size_t>(got));
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      watch.take(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
    (void)co_await watch.undo_due(false);
    if (got <= 0) co_await rt::sleep_ms(kGuardPollMs);
  }
  std::vector<GuardJson> left = co_await watch.undo_due(true);
  // An order to stop may still have been on its way when chaos died.
  for (uint64_t ms = 0; ms < kInFlightMs && !left.empty(); ms += kGuardPollMs) {
    co_await rt::sleep_ms(kGuardPollMs);
    std::erase_if(left, continue_process);
  }
  co_return 0;
}

// Uses fork and exec, not rt::spawn_process(): the guardian must outlive this process, with the
// pipe from it as its input.
Result<std::unique_ptr<Guardian>> Guardian::start(const Cluster& cluster) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error(Code::kIo, "no pipe for the guardian");
  const std::string program = program_folder() + "/chaos";
  const std::string api = cluster.facts().api.text(), token = cluster.facts().token;
  const pid_t pid = ::fork();
  if (pid < 0) return Error(Code::kIo, "no process for the guardian");
  if (pid == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);  // so that no parent has to reap it
    ::dup2(ends[0], 0);
    ::setenv("MULTIAZ_TOKEN", token.c_str(), 1);
    ::execl(program.c_str(), program.c_str(), "guard", api.c_str(), nullptr);
    ::_exit(255);
  }
  ::waitpid(pid, nullptr, 0);
  ::close(ends[0]);
  return std::make_unique<Guardian>(ends[1]);
}

Guardian::~Guardian() {
  ::close(pipe_);
}

void Guardian::tell(const GuardJson& order) {
  const std::string whole = jsonio::dump(order) + "\n";
  (void)!::write(pipe_, whole.data(), whole.size());  // shorter than PIPE_BUF: all or nothing
}

uint64_t Guardian::continue_at(int pid, Nanos until) {
  tell({{"id", next_}, {"until", until}, {"pid", pid}, {"begun", begun(pid)}});
  return next_++;
}

uint64_t Guardian::post_at(const std::string& path, const std::string& body, Nanos until) {
  tell({{"id", next_}, {"until", until}, {"path", path}, {"body", body}});
  return next_++;
}

std::vector<uint64_t> Guardian::continue_all(const std::vector<Hit>& hits, Nanos until) {
  std::vector<uint64_t> ids;
  for (const Hit& hit : hits) ids.push_back(continue_at(hit.pid, until));
  return ids;
}

void Guardian::done_all(const std::vector<uint64_t>& ids) {
  for (const uint64_t id : ids) done(id);
}

void Guardian::done(uint64_t id) {
  tell(GuardJson{{"id", id}});
}

}  // namespace multiaz::chaos
