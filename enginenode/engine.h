// Engine: a foreign server as a child process, which is brought into a role step by step. It
// listens on a unix socket only; clients and followers reach it through the listeners of
// enginenode.
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
  std::string id;       // of the instance; its name as a follower, too
  std::string address;  // its own, as clients use it
  uint16_t port = 0;
  std::string password;  // of the clients
  std::string key_hex;   // of the cluster; passwords between engines are derived from it
  bool sync_to_disk = true;
  uint64_t memory_mb = 256;  // of a cache
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Reads the engine's state. An exact look also asks whether followers have everything.
  // kUnavailable: it does not answer.
  virtual rt::Task<Result<EngineFacts>> look(bool exact) = 0;
  // be_primary makes it a primary whose commits wait for these members; follow makes it a follower
  // of the primary behind the source. Each call goes as far as it can and returns what it could not
  // do.
  virtual rt::Task<Status> be_primary(std::vector<std::string> waits_for) = 0;
  // `may_begin_again`: other members have all acknowledged data, so a copy that cannot go on may be
  // dropped.
  virtual rt::Task<Status> follow(bool may_begin_again) = 0;

  // Its unix socket, relative to the working folder.
  [[nodiscard]] virtual std::string client_socket() const = 0;
  // The user that it runs as; a peer of another user is not the engine.
  [[nodiscard]] virtual uint32_t user() const = 0;
  // The incarnation of its data, which changes when it has to begin from nothing.
  [[nodiscard]] virtual Incarnation incarnation() const = 0;
  [[nodiscard]] virtual bool running() const = 0;
  // Whether it ended without an order. It is not started again: its memory is lost, and another
  // member may take over.
  [[nodiscard]] virtual bool died() const = 0;
  // The followers' ids by address, for servers whose followers send no names.
  virtual void learn_members(std::map<std::string, std::string> id_by_address) = 0;
  // Ends the process. Its data stays.
  virtual rt::Task<void> stop() = 0;
};

// REQUIRES: the working folder belongs to this process alone, and `source` listens already: a port
// of 127.0.0.1 (Redis), or a unix socket at kPostgresSource (PostgreSQL).
std::unique_ptr<Engine> make_redis(EngineConfig config, uint16_t source_port);
std::unique_ptr<Engine> make_postgres(EngineConfig config);
// kInvalid: it is not installed; the text names the package.
Status redis_is_here();
Status postgres_is_here();
inline constexpr const char* kPostgresFolder = "pg";
inline constexpr const char* kPostgresSource = "pg/source/.s.PGSQL.5432";

}  // namespace multiaz::enginenode
