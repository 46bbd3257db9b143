// The files of a PostgreSQL member: the places and owners of its data, and its configuration.
#pragma once

#include <string>
#include <vector>

#include "base/core/ids.h"
#include "base/core/result.h"
#include "enginenode/child.h"
#include "enginenode/engine.h"

namespace multiaz::enginenode {

// PostgreSQL does not run as root, and its user may not be able to reach the working folder. So it
// inherits its folder as a descriptor, and all of its paths begin with that descriptor.
inline constexpr const char* kPostgresView = "/proc/self/fd/3";

class PostgresFiles {
 public:
  explicit PostgresFiles(EngineConfig config);
  ~PostgresFiles();
  PostgresFiles(const PostgresFiles&) = delete;
  PostgresFiles& operator=(const PostgresFiles&) = delete;

  // Makes the folders. kIo; kInvalid: there is no user to run as.
  Status open();
  // A call of one of PostgreSQL's programs, as its user and with its folder.
  [[nodiscard]] Program program(const std::string& name, std::vector<std::string> flags) const;

  // The role of the data: "" (there is none, or it is not complete), "primary", "standby", or
  // "promoting".
  [[nodiscard]] std::string role() const;
  Status set_role(const std::string& role);
  // Deletes the data, and ends its incarnation.
  Status drop();
  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }
  // The configuration that PostgreSQL reads again on SIGHUP.
  Status write_config(const std::vector<std::string>& waits_for) const;
  Status write_first_config() const;  // to be called once after initdb
  Status be_standby(bool yes) const;  // writes or removes standby.signal

  // The password of the superuser, for initdb.
  Status write_password_file() const;
  void remove_password_file() const;

  // The user that PostgreSQL runs as.
  [[nodiscard]] uint32_t user() const;

  // A password for use between the engines of a cluster.
  [[nodiscard]] std::string secret(const std::string& whose) const;

 private:
  // Writes a file below the member's folder that only PostgreSQL's user may read.
  Status write(const std::string& path, const std::string& text) const;
  void read_incarnation();

  EngineConfig config_;
  std::string programs_;  // their folder
  int folder_ = -1;
  uint32_t uid_ = 0, gid_ = 0;  // 0 = the user of this process
  Incarnation incarnation_;
};

// 'FIRST 2 ("db-b1","db-c1")', and back; "" for no ids.
std::string standby_names(const std::vector<std::string>& ids);
std::vector<std::string> ids_in(std::string_view standby_names);

}  // namespace multiaz::enginenode
