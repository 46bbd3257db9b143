// Where a visitor's session lives: the user who is logged in and the lines of the cart. One
// interface, with one implementation for each stage of the course:
//
//   memory   in this process: gone with it, and unknown to other instances
//   cookie   in the visitor's browser, signed; at most 4 KB
//   cache    in the cache, under the session's id: any instance serves any visitor
//   table    the same in a DynamoDB table
//
// The text of a line is opaque here (shop/cart.h). Every write leaves the same state when it is
// sent twice. Errors are those of the cache's client (clients/cache.h): kUnavailable and kLimit:
// certainly not executed; kTimeout: in doubt.
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

using namespace clients;  // NOLINT: Cache, Command, ... are used everywhere here

constexpr int64_t kSessionTtlS = 7 * 24 * 3600;
// How long the cart of the old id stays after a change of id, because the answer with the new id
// may have been lost.
constexpr int64_t kOldCartTtlS = 3600;

struct User {
  std::string account, email, name;
  bool operator==(const User&) const = default;
};
std::string write_user(const User& user);  // as JSON
std::optional<User> read_user(std::string_view stored);

// The session of one request. Lives as long as the request.
struct SessionAt {
  std::string id;       // opaque, signed in the cookie "sid"
  std::string carried;  // what the browser brought for the store, verified; "" for nothing
  std::optional<std::string> to_carry;  // what the answer must give to the browser
};

struct StoredLine {
  std::string line, text;
  bool operator==(const StoredLine&) const = default;
};
struct PutNew {
  bool created = false;
  std::string stored;  // the text that is stored now
  int64_t lines = 0;   // lines in the whole cart
};
struct GlanceFacts {
  std::optional<User> user;
  int64_t lines = 0;
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;
  virtual std::string_view name() const = 0;
  // False while it is known that the store would not answer.
  virtual bool up() const { return true; }

  virtual rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos until) = 0;
  virtual rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                                 Nanos until) = 0;
  // Stores the line unless one of that name exists. Here and below, kConflict means that there is
  // no room and nothing has changed.
  virtual rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos until) = 0;
  virtual rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos until) = 0;
  // Returns how many of them existed.
  virtual rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> lines,
                                                 Nanos until) = 0;
  // Moves the session to a new id: the cart comes along, and the old id is logged out.
  virtual rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                                     Nanos until) = 0;
};

// The DynamoDB endpoint that keeps the sessions.
struct TableConfig {
  rt::Address address;  // port 0 means that there is none
  rt::Address from;     // own address; ip 0 leaves the choice to the kernel
  std::string host;     // as in the URL, because it is signed
  wire::sigv4::Credentials credentials;
};

std::span<const std::string_view> session_store_names();  // "memory", "cookie", "cache", "table"
// REQUIRES: a known name; the cache outlives the store.
std::unique_ptr<SessionStore> make_session_store(std::string_view name, Cache& cache,
                                                 TableConfig table);

// --- one file for each store
std::unique_ptr<SessionStore> make_memory_store();
std::unique_ptr<SessionStore> make_cookie_store();
std::unique_ptr<SessionStore> make_cache_store(Cache& cache);
std::unique_ptr<SessionStore> make_table_store(TableConfig config);

}  // namespace multiaz::webnode
