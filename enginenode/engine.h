// Engine: somebody else's server as a child process of ours, brought into a role step by step.
// It listens on a unix socket only; clients and followers come to it through our doors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/task.h"
#include "enginenode/member/member.h"

namespace multiaz::enginenode {

struct EngineConfig {
  std::string id;       // of the instance; also its name as a follower
  std::string address;  // its own, as clients know it
  uint16_t port = 0;
  std::string password;  // of the clients
  std::string key_hex;   // of the cluster: passwords between engines come from it
  bool sync_to_disk = true;
  uint64_t memory_mb = 256;  // of a cache
};

class Engine {
 public:
  virtual ~Engine() = default;

  // One look; an exact one also asks whether followers have everything. kUnavailable: it does not
  // answer.
  virtual rt::Task<Result<EngineFacts>> look(bool exact) = 0;
  // Makes it a primary whose commits wait for these; or a follower of whoever answers at
  // `source()`. Each call goes as far as it can and says what it could not do.
  virtual rt::Task<Status> be_primary(std::vector<std::string> waits_for) = 0;
  // `may_begin_again`: others have all that counts, so a copy that cannot go on may be dropped.
  virtual rt::Task<Status> follow(bool may_begin_again) = 0;

  // Where it listens: a unix socket, from our working folder.
  [[nodiscard]] virtual std::string client_socket() const = 0;
  // The user that it runs as: nobody else answers there.
  [[nodiscard]] virtual uint32_t user() const = 0;
  // Of the data it has; changes when it has to begin from nothing.
  [[nodiscard]] virtual Incarnation incarnation() const = 0;
  [[nodiscard]] virtual bool running() const = 0;
  // Ended by itself. It is not started again: what it had in memory is gone, and others may take
  // over.
  [[nodiscard]] virtual bool died() const = 0;
  // Of the followers' addresses, for servers that tell no names.
  virtual void learn_members(std::map<std::string, std::string> id_by_address) = 0;
  // Ends the process; it keeps its data.
  virtual rt::Task<void> stop() = 0;
};

// REQUIRES: the working folder is ours alone; `source` listens already: a port of 127.0.0.1
// (Redis), or a unix socket at kPostgresSource (PostgreSQL).
std::unique_ptr<Engine> make_redis(EngineConfig config, uint16_t source_port);
std::unique_ptr<Engine> make_postgres(EngineConfig config);
// kInvalid: not installed; says the package.
Status redis_is_here();
Status postgres_is_here();
inline constexpr const char* kPostgresFolder = "pg";
inline constexpr const char* kPostgresSource = "pg/source/.s.PGSQL.5432";

}  // namespace multiaz::enginenode
