#include "base/tls/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace multiaz::tls {

namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    if (!item.empty()) out.emplace_back(item);
  }
  return out;
}

Result<std::string> read(const std::string& flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) return Error(Code::kInvalid, flag + ": " + path + ": " + strerror(errno));
  return text.str();
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

}  // namespace

Result<std::vector<Identity>> read_identities(std::string_view certificates,
                                              std::string_view keys) {
  const auto certificate_files = split(certificates), key_files = split(keys);
  if (certificate_files.size() != key_files.size()) {
    return Error(Code::kInvalid, "--tls-cert and --tls-key: as many files of one as of the other");
  }
  std::vector<Identity> out;
  for (size_t i = 0; i < key_files.size(); ++i) {
    const auto certificate = read("--tls-cert", certificate_files[i]);
    if (!certificate) return certificate.error();
    const auto key = read("--tls-key", key_files[i]);
    if (!key) return key.error();
    out.push_back({*certificate, *key});
  }
  return out;
}

std::vector<Identity> identity_of_tier(const std::string& tier) {
  std::string stem = "MULTIAZ_" + tier;
  for (char& c : stem) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  const Identity out{environment(stem + "_CERTIFICATE"), environment(stem + "_KEY")};
  if (out.certificates_pem.empty() || out.key_pem.empty()) return {};
  return {out};
}

}  // namespace multiaz::tls
