// `multiaz ca`: the certificate authority of this user, and certificates of its for other servers.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/core/jsonio.h"
#include "base/core/private_files.h"
#include "base/tls/authority.h"
#include "cli/authority.h"
#include "cli/run_folder.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

void explain(const Authority& authority) {
  const std::string& path = authority.certificate_path;
  print(
      path + "\n\n" +
      "It certifies names below .test, localhost and 127.0.0.0/8 only, by a constraint in itself.\n"
      "To trust it:\n"
      "  curl --cacert " +
      path +
      " https://127.0.0.1:8443\n"
      "  redis-cli --tls --cacert " +
      path +
      " ...\n"
      "  psql \"... sslmode=verify-full sslrootcert=" +
      path +
      "\"\n"
      "  Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n multiaz -i " +
      path +
      "\n"
      "  Debian:   cp " +
      path +
      " /usr/local/share/ca-certificates/multiaz.crt; "
      "update-ca-certificates\n");
}

// Writes NAME.pem and NAME-key.pem for the first name.
Status issue(const Authority& authority, const Options& options) {
  const auto issued =
      tls::issue_certificate(authority.identity, "a server of multiaz's user", options.rest);
  if (!issued) return issued.error();
  std::string stem = options.rest.front();
  if (stem.starts_with("*.")) stem = "_" + stem.substr(1);
  const std::string folder = options.to.empty() ? "." : options.to;
  const std::string certificate = folder + "/" + stem + ".pem";
  const std::string key = folder + "/" + stem + "-key.pem";
  Status written = write_file(key, issued->key_pem);
  if (written) written = write_file(certificate, issued->certificates_pem);
  if (!written) return written;
  nlohmann::ordered_json out;
  out["certificate"] = certificate;
  out["key"] = key;
  out["ca"] = authority.certificate_path;
  print(options.json ? jsonio::dump(out) + "\n" : certificate + "\n" + key + "\n");
  return Status();
}

}  // namespace

rt::Task<int> verb_ca(Options options) {
  keep_files_private();
  const auto authority = user_authority();
  if (!authority) co_return complain(authority.error());
  if (options.direction == "issue") {
    const Status issued = issue(*authority, options);
    co_return issued ? kExitOk : complain(issued.error());
  }
  if (options.env) {
    print(authority->identity.certificates_pem);
  } else if (options.json) {
    nlohmann::ordered_json out;
    out["ca"] = authority->certificate_path;
    print(jsonio::dump(out) + "\n");
  } else {
    explain(*authority);
  }
  co_return kExitOk;
}

}  // namespace multiaz::cli
