// The files of a PostgreSQL member: where its data is, whose it is, and what its configuration
// says.
#pragma once

#include <string>
#include <vector>

#include "base/core/ids.h"
#include "base/core/result.h"
#include "enginenode/child.h"
#include "enginenode/engine.h"

namespace multiaz::enginenode {

// PostgreSQL does not run as root, and the working folder may lie where its user cannot go. So it
// gets its folder as a descriptor, and every path it knows begins with that.
inline constexpr const char* kPostgresView = "/proc/self/fd/3";

class PostgresFiles {
 public:
  explicit PostgresFiles(EngineConfig config);
  ~PostgresFiles();
  PostgresFiles(const PostgresFiles&) = delete;
  PostgresFiles& operator=(const PostgresFiles&) = delete;

  // Makes the folders. kIo, kInvalid (no user to run as).
  Status open();
  // One of PostgreSQL's own programs, as its user and with its folder.
  [[nodiscard]] Program program(const std::string& name, std::vector<std::string> flags) const;

  // What the data is: "" (none, or not whole), "primary", "standby", or "promoting".
  [[nodiscard]] std::string role() const;
  Status set_role(const std::string& role);
  // Drops the data; its life ends with it.
  Status drop();
  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }
  // Configuration that is read again on SIGHUP.
  Status write_config(const std::vector<std::string>& waits_for) const;
  Status write_first_config() const;  // once after initdb
  Status be_standby(bool yes) const;  // standby.signal

  // The superuser's, for initdb.
  Status write_password_file() const;
  void remove_password_file() const;

  // Whom PostgreSQL runs as.
  [[nodiscard]] uint32_t user() const;

  // Passwords between the engines of a cluster.
  [[nodiscard]] std::string secret(const std::string& whose) const;

 private:
  // A file below our folder, for PostgreSQL's user alone.
  Status write(const std::string& path, const std::string& text) const;
  void read_incarnation();

  EngineConfig config_;
  std::string programs_;  // folder
  int folder_ = -1;
  uint32_t uid_ = 0, gid_ = 0;  // 0 = run as we do
  Incarnation incarnation_;
};

// 'FIRST 2 ("db-b1","db-c1")', and back. Empty for nobody.
std::string standby_names(const std::vector<std::string>& ids);
std::vector<std::string> ids_in(std::string_view standby_names);

}  // namespace multiaz::enginenode
