// One connection to the cache that never repeats a command, so the effect of a command is known as
// exactly as the network allows.
#pragma once

#include <memory>
#include <string>

#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "chaos/checkers/history.h"
#include "clients/redis_codec.h"

namespace multiaz::chaos {

constexpr uint64_t kProbeTimeoutMs = 1'000;

struct RespAnswer {
  Operation::End end = Operation::End::kFail;
  clients::Reply reply;  // with kOk
  std::string text;      // the error, otherwise
};

class RespLink {
 public:
  explicit RespLink(std::string url) : url_(std::move(url)) {}
  // Connects when needed. kFail: certainly not executed; kInfo: in doubt.
  rt::Task<RespAnswer> call(clients::Command command, uint64_t timeout_ms);
  void close() { conn_.reset(); }

 private:
  rt::Task<Status> connect(uint64_t timeout_ms);
  rt::Task<Result<clients::Reply>> receive();

  std::string url_;
  std::unique_ptr<rt::Conn> conn_;
  std::unique_ptr<clients::ReplyReader> reader_;
};

}  // namespace multiaz::chaos
