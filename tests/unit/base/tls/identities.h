// Certificates for tests, of an authority that lives as long as the program.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/tls/authority.h"
#include "base/tls/context.h"

namespace multiaz::tls {

inline const Identity& authority() {
  static const Identity made = *make_authority("an authority of tests");
  return made;
}

inline Identity certificate(const std::vector<std::string>& names) {
  auto issued = issue_certificate(authority(), "a server of tests", names);
  CHECK_NOTE(issued.ok(), issued.ok() ? "" : issued.error().text());
  return *issued;
}

inline std::shared_ptr<const Context> server(std::vector<Identity> identities,
                                             std::vector<std::string> protocols = {},
                                             const std::string& ticket_secret = "secret") {
  auto made = Context::server({std::move(identities), std::move(protocols), ticket_secret});
  CHECK_NOTE(made.ok(), made.ok() ? "" : made.error().text());
  return *made;
}

inline std::shared_ptr<const Context> client(const std::string& name,
                                             std::vector<std::string> protocols = {}) {
  auto made = Context::client({authority().certificates_pem, name, std::move(protocols)});
  CHECK_NOTE(made.ok(), made.ok() ? "" : made.error().text());
  return *made;
}

}  // namespace multiaz::tls
