// Where a visitor's session lives: who is logged in, and the lines of the cart. One interface, one
// implementation for each stage of the course:
//
//   memory   in this process: gone with it, and unknown to the others
//   cookie   with the visitor, signed; nothing is kept here; 4 KB at most
//   cache    in the cache, under the session's id: any instance serves any visitor
//   table    the same in a DynamoDB table
//
// A line's text is opaque here (shop/cart.h). Every write leaves the same state when it is sent
// twice. Errors are those of the cache's client (clients/cache.h): kUnavailable, kLimit =
// certainly not executed; kTimeout = in doubt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/task.h"
#include "base/wire/sigv4.h"
#include "clients/cache.h"

namespace multiaz::webnode {

using namespace clients;  // NOLINT: Cache, Command, ...: everybody here talks to them

constexpr int64_t kSessionTtlS = 7 * 24 * 3600;
// The old id's cart stays this long after the id was changed: the answer that carried the new id
// may have been lost on its way.
constexpr int64_t kOldCartTtlS = 3600;

struct User {
  std::string account, email, name;
  bool operator==(const User&) const = default;
};
std::string write_user(const User& user);  // JSON
std::optional<User> read_user(std::string_view stored);

// The session of one request. Lives as long as the request.
struct SessionAt {
  std::string id;       // opaque, signed in the cookie "sid"
  std::string carried;  // what the visitor brought for the store, verified; "" = nothing
  std::optional<std::string> to_carry;  // what the answer must hand over
};

struct StoredLine {
  std::string line, text;
  bool operator==(const StoredLine&) const = default;
};
struct PutNew {
  bool created = false;
  std::string stored;  // what is there now
  int64_t lines = 0;   // of the whole cart
};
struct GlanceFacts {
  std::optional<User> user;
  int64_t lines = 0;
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;
  virtual std::string_view name() const = 0;
  // False while it is known that nothing would answer.
  virtual bool up() const { return true; }

  virtual rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                                 Nanos until) = 0;
  // Unless there is one of that name. kConflict, here and below: no room, nothing has changed.
  virtual rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos until) = 0;
  virtual rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos until) = 0;
  // How many of them were there.
  virtual rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> lines,
                                                 Nanos until) = 0;
  // Moves to a new id: the cart comes along, who was logged in under the old id is not any more.
  virtual rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                                     Nanos until) = 0;
};

// The DynamoDB endpoint that keeps them.
struct TableConfig {
  rt::Address address;  // port 0 = there is none
  rt::Address from;     // own address; ip 0 = let the kernel choose
  std::string host;     // as in the URL: it is signed
  wire::sigv4::Credentials credentials;
};

std::span<const std::string_view> session_store_names();  // "memory", "cookie", "cache", "table"
// REQUIRES: a known name; the cache outlives the store.
std::unique_ptr<SessionStore> make_session_store(std::string_view name, Cache& cache,
                                                 TableConfig table);

// --- one file each
std::unique_ptr<SessionStore> make_memory_store();
std::unique_ptr<SessionStore> make_cookie_store();
std::unique_ptr<SessionStore> make_cache_store(Cache& cache);
std::unique_ptr<SessionStore> make_table_store(TableConfig config);

}  // namespace multiaz::webnode
