#include "enginenode/postgres_files.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/core/paths.h"
#include "base/core/random.h"
#include "base/wire/hash.h"

namespace multiaz::enginenode {

namespace {

namespace fs = std::filesystem;

constexpr const char* kData = "pg/data";
constexpr const char* kPasswordFile = "pg/password";
// The file is outside of the data folder, because a copy of the data must not bring it along.
constexpr const char* kRole = "pg-role";
constexpr const char* kIncarnation = "pg-incarnation";  // likewise
constexpr const char* kRunAs = "postgres";              // the user when this process is root

// The newest programs that Debian has installed, else those in /usr/local/bin or /usr/bin.
std::string find_programs() {
  std::string best;
  for (const fs::path& entry : entries_of("/usr/lib/postgresql")) {
    const std::string folder = entry.string() + "/bin";
    if (access((folder + "/initdb").c_str(), X_OK) == 0) best = std::max(best, folder);
  }
  for (const char* folder : {"/usr/local/bin", "/usr/bin"}) {
    if (best.empty() && access((std::string(folder) + "/initdb").c_str(), X_OK) == 0) best = folder;
  }
  return best;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Error io(const std::string& path) {
  return Error(Code::kIo, path + ": " + std::strerror(errno));
}

}  // namespace

std::string standby_names(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "\"" : ",\"") + id + "\"";
  return out.empty() ? out : "FIRST " + std::to_string(ids.size()) + " (" + out + ")";
}

std::vector<std::string> ids_in(std::string_view names) {
  std::vector<std::string> out;
  for (size_t at = names.find('"'); at != names.npos; at = names.find('"', at)) {
    const size_t end = names.find('"', at + 1);
    if (end == names.npos) break;
    out.emplace_back(names.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  std::sort(out.begin(), out.end());
  return out;
}

Status postgres_is_here() {
  if (!find_programs().empty()) return Status();
  return Error(Code::kInvalid,
               "--engine postgres: there is no initdb (Debian's package is postgresql)");
}

PostgresFiles::PostgresFiles(EngineConfig config)
    : config_(std::move(config)), programs_(find_programs()) {}

PostgresFiles::~PostgresFiles() {
  if (folder_ >= 0) close(folder_);
}

Status PostgresFiles::open() {
  if (geteuid() == 0) {
    const passwd* user = getpwnam(kRunAs);
    if (user == nullptr || user->pw_uid == 0)
      return Error(Code::kInvalid, std::string("PostgreSQL does not run as root, and there is no "
                                               "user ") +
                                       kRunAs + " to run it");
    uid_ = user->pw_uid;
    gid_ = user->pw_gid;
  }
  for (const char* folder : {kPostgresFolder, "pg/source"}) {
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) return io(folder);
    if (uid_ != 0 && chown(folder, uid_, gid_) != 0) return io(folder);
  }
  folder_ = ::open(kPostgresFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) return io(kPostgresFolder);
  read_incarnation();
  return Status();
}

uint32_t PostgresFiles::user() const {
  return uid_ != 0 ? uid_ : geteuid();
}

void PostgresFiles::read_incarnation() {
  incarnation_ = Incarnation(content_of(kIncarnation));
  if (!incarnation_.raw.empty()) return;
  incarnation_ = Incarnation(secret_hex(16));
  std::ofstream(kIncarnation) << incarnation_.raw;
}

Program PostgresFiles::program(const std::string& name, std::vector<std::string> flags) const {
  Program out;
  if (uid_ != 0) {
    out.argv = {"/usr/bin/setpriv",
                "--reuid=" + std::to_string(uid_),
                "--regid=" + std::to_string(gid_),
                "--clear-groups",
                "--pdeathsig",
                "KILL",
                "--"};
  }
  out.argv.push_back(programs_ + "/" + name);
  out.argv.insert(out.argv.end(), flags.begin(), flags.end());
  out.env["PGPASSWORD"] = secret("replicator");
  out.env["LC_ALL"] = "C.UTF-8";
  out.folder = folder_;
  return out;
}

std::string PostgresFiles::role() const {
  return content_of(kRole);
}

Status PostgresFiles::set_role(const std::string& role) {
  std::ofstream out(kRole, std::ios::trunc);
  out << role;
  out.close();
  return out ? Status() : Status(io(kRole));
}

Status PostgresFiles::drop() {
  std::error_code wrong;
  const bool was_whole = !role().empty();
  fs::remove(kRole, wrong);
  if (was_whole) fs::remove(kIncarnation, wrong);
  fs::remove_all(kData, wrong);
  if (wrong) return Error(Code::kIo, std::string(kData) + ": " + wrong.message());
  read_incarnation();
  return Status();
}

std::string PostgresFiles::secret(const std::string& whose) const {
  return wire::to_hex(wire::bytes_of(wire::hmac_sha256(config_.key_hex, "engine " + whose)));
}

Status PostgresFiles::write(const std::string& path, const std::string& text) const {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << text;
  out.close();
  if (!out || (uid_ != 0 && chown(fresh.c_str(), uid_, gid_) != 0)) return io(fresh);
  if (rename(fresh.c_str(), path.c_str()) != 0) return io(path);
  return Status();
}

Status PostgresFiles::write_password_file() const {
  return write(kPasswordFile, secret("superuser"));
}

void PostgresFiles::remove_password_file() const {
  std::error_code ignored;
  fs::remove(kPasswordFile, ignored);
}

Status PostgresFiles::write_config(const std::vector<std::string>& waits_for) const {
  const std::string folder = kPostgresView;
  // The list of names is never empty. The checkpointer passes on whether there is a name at all,
  // and it does not listen during a checkpoint; but each session reads before its next command
  // whether to wait.
  const std::vector<std::string> nobody = {"nobody"};
  return write("pg/data/multiaz.conf",
               "# Written by multiaz; read again whenever a role changes.\n"
               "listen_addresses = ''\n"
               "unix_socket_directories = '" +
                   folder +
                   "'\n"
                   "max_connections = 200\nshared_buffers = '32MB'\nmax_wal_senders = 20\n"
                   "hot_standby = on\nhot_standby_feedback = on\nwal_keep_size = '256MB'\n"
                   "wal_sender_timeout = '3s'\nwal_receiver_timeout = '3s'\n"
                   "wal_receiver_status_interval = '1s'\nwal_retrieve_retry_interval = '100ms'\n"
                   "log_checkpoints = off\n"
                   "fsync = " +
                   std::string(config_.sync_to_disk ? "on" : "off") +
                   "\n"
                   "synchronous_commit = " +
                   std::string(waits_for.empty() ? "local" : "on") +
                   "\n"
                   "synchronous_standby_names = '" +
                   standby_names(waits_for.empty() ? nobody : waits_for) +
                   "'\n"
                   "primary_conninfo = 'host=" +
                   folder + "/source port=5432 user=replicator password=" + secret("replicator") +
                   " application_name=" + config_.id + " connect_timeout=2'\n");
}

Status PostgresFiles::write_first_config() const {
  const Status access = write("pg/data/pg_hba.conf",
                              "local replication replicator scram-sha-256\n"
                              "local all all scram-sha-256\n");
  if (!access) return access;
  const std::string path = std::string(kData) + "/postgresql.conf";
  std::ofstream out(path, std::ios::app);
  out << "\ninclude 'multiaz.conf'\n";
  out.close();
  return out ? Status() : Status(io(path));
}

Status PostgresFiles::be_standby(bool yes) const {
  if (yes) return write("pg/data/standby.signal", "");
  std::error_code ignored;
  fs::remove(std::string(kData) + "/standby.signal", ignored);
  return Status();
}

}  // namespace multiaz::enginenode
