#include "base/wire/sigv4.h"

#include <sodium.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "base/wire/hash.h"

namespace multiaz::wire::sigv4 {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string sha256_hex(std::string_view text) {
  return to_hex(bytes_of(sha256(text)));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

// The text without spaces at its ends, and with single spaces between words.
std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string sorted_query(std::string_view query) {
  std::vector<std::string> parts;
  while (!query.empty()) {
    const size_t end = query.find('&');
    std::string part(query.substr(0, end));
    if (part.find('=') == std::string::npos) part += "=";
    parts.push_back(std::move(part));
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "&") + part;
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ";") + name;
  return out;
}

std::string signature(std::string_view secret, std::string_view day, std::string_view region,
                      std::string_view service, std::string_view date, const ToSign& what,
                      const std::vector<std::string>& names) {
  std::string canonical = what.method + "\n" + what.path + "\n" + sorted_query(what.query) + "\n";
  // Each header is looked at once, however often the list of signed headers names it.
  std::map<std::string, std::string> values;
  for (const auto& [key, text] : what.headers) {
    const auto [at, first] = values.emplace(lower(key), single_spaced(text));
    if (!first) at->second += "," + single_spaced(text);
  }
  for (const std::string& name : names) {
    const auto found = values.find(name);
    canonical += name + ":" + (found == values.end() ? "" : found->second) + "\n";
  }
  canonical += "\n" + joined(names) + "\n" + sha256_hex(what.body);
  const std::string scope =
      std::string(day) + "/" + std::string(region) + "/" + std::string(service) + "/aws4_request";
  const std::string text = std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope +
                           "\n" + sha256_hex(canonical);
  Sha256 key = hmac_sha256("AWS4" + std::string(secret), day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")})
    key = hmac_sha256(bytes_of(key), part);
  return to_hex(bytes_of(hmac_sha256(bytes_of(key), text)));
}

std::string_view between(std::string_view text, std::string_view from, char to) {
  const size_t start = text.find(from);
  if (start == std::string_view::npos) return "";
  const std::string_view rest = text.substr(start + from.size());
  return rest.substr(0, rest.find(to));
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  while (true) {
    const size_t end = text.find(at);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string date_text(int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

Result<int64_t> parse_date(std::string_view text) {
  const Error wrong(Code::kInvalid, "a date is written like 20261121T144512Z");
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return wrong;
  int part[6] = {};
  constexpr size_t kAt[] = {0, 4, 6, 9, 11, 13}, kSize[] = {4, 2, 2, 2, 2, 2};
  for (size_t i = 0; i < 6; ++i) {
    for (const char c : text.substr(kAt[i], kSize[i])) {
      if (c < '0' || c > '9') return wrong;
      part[i] = part[i] * 10 + (c - '0');
    }
  }
  std::tm utc = {};
  utc.tm_year = part[0] - 1900;
  utc.tm_mon = part[1] - 1;
  utc.tm_mday = part[2];
  utc.tm_hour = part[3];
  utc.tm_min = part[4];
  utc.tm_sec = part[5];
  const int64_t ms = static_cast<int64_t>(timegm(&utc)) * 1000;
  if (date_text(ms) != text) return wrong;  // refuses dates such as the 30th of February
  return ms;
}

std::string authorization(const Credentials& who, const ToSign& what, std::string_view date) {
  std::vector<std::string> names;
  for (const auto& [key, text] : what.headers) names.push_back(lower(key));
  std::sort(names.begin(), names.end());
  const std::string day(date.substr(0, 8));
  return std::string(kAlgorithm) + " Credential=" + who.access_key + "/" + day + "/" + who.region +
         "/" + who.service + "/aws4_request, SignedHeaders=" + joined(names) +
         ", Signature=" + signature(who.secret, day, who.region, who.service, date, what, names);
}

Result<Claim> parse_claim(std::string_view authorization) {
  const Error wrong(Code::kInvalid, "the Authorization header is not of AWS4-HMAC-SHA256");
  if (!authorization.starts_with(kAlgorithm)) return wrong;
  const auto scope = split(between(authorization, "Credential=", ','), '/');
  Claim out;
  out.signature = between(authorization, "Signature=", ',');
  const std::string_view names = between(authorization, "SignedHeaders=", ',');
  if (scope.size() != 5 || scope[4] != "aws4_request" || names.empty() || out.signature.empty())
    return wrong;
  out.access_key = scope[0];
  out.day = scope[1];
  out.region = scope[2];
  out.service = scope[3];
  if (static_cast<size_t>(std::count(names.begin(), names.end(), ';')) >= kSignedHeadersMax) {
    return Error(Code::kInvalid, "at most " + std::to_string(kSignedHeadersMax) +
                                     " headers may be in SignedHeaders");
  }
  out.signed_headers = split(names, ';');
  return out;
}

bool fits(const Claim& claim, std::string_view secret, const ToSign& what, std::string_view date) {
  const bool dated = date.substr(0, 8) == claim.day;
  const std::string wanted =
      signature(secret, claim.day, claim.region, claim.service, date, what, claim.signed_headers);
  return dated && wanted.size() == claim.signature.size() &&
         sodium_memcmp(wanted.data(), claim.signature.data(), wanted.size()) == 0;
}

}  // namespace multiaz::wire::sigv4
