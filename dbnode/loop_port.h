// LoopPort: where a session's coroutine waits for what only the loop side can give. The coroutine
// asks; the loop side resumes it, after a refusal or after the order to end if there is one.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "dbnode/sql_error.h"

namespace multiaz::dbnode {

enum class Need { kInput, kFlush, kWriter, kCommit, kEnd };

class LoopPort {
 public:
  // --- the coroutine's side
  struct Ask {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const noexcept { port.waiting_ = self; }
    void await_resume() const noexcept {}
    LoopPort& port;
  };
  Ask ask(Need need) {
    need_ = need;
    refusal_.reset();
    return Ask{*this};
  }
  std::optional<Report> take_refusal() { return std::exchange(refusal_, std::nullopt); }
  bool ending() const { return ending_; }
  // The last message to the client, after end().
  const std::optional<Report>& last_report() const { return last_report_; }
  // The coroutine ends now, so it needs nothing any more.
  void finish() { need_ = Need::kEnd; }

  // --- the loop's side
  Need need() const { return need_; }
  bool refused() const { return refusal_.has_value(); }
  void refuse(Report report) { refusal_ = std::move(report); }
  void resume() { std::exchange(waiting_, std::coroutine_handle<>()).resume(); }

  // For both sides: the session ends as soon as the coroutine sees it. What is being waited for is
  // refused.
  void end(std::optional<Report> report) {
    ending_ = true;
    last_report_ = std::move(report);
    if (need_ == Need::kWriter || need_ == Need::kCommit) {
      refusal_ = make_fatal("57P01", "terminating connection");
    }
  }

 private:
  Need need_ = Need::kInput;
  std::coroutine_handle<> waiting_;
  std::optional<Report> refusal_;  // the answer to the last need
  std::optional<Report> last_report_;
  bool ending_ = false;
};

}  // namespace multiaz::dbnode
