// The session is kept by the visitor's browser: nothing is stored here, any instance may answer,
// and every request grows with the cart. The cookie's signature is checked in web/visit.h; its
// content is {"id", "at", "user", "lines"}, sealed at the time "at". A cookie of another session id
// is not accepted, because an old one from before a log-in or log-out would bring the old user
// back.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "webnode/sessions/store.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

// RFC 6265 asks browsers for 4096 bytes for name, value and attributes together; base64 and the
// signature need some of them.
constexpr size_t kCarriedBytesMax = 2'900;
// Counted from the last change. A copy of both cookies that was made before a log-out stays valid
// for so long, because it cannot be revoked. (The other stores end a session at once.)
constexpr int64_t kCarriedAgeMsMax = 24LL * 3600 * 1000;

struct Carried {
  std::optional<User> user;
  std::vector<StoredLine> lines;
};

Carried read_carried(const SessionAt& at) {
  Carried out;
  const auto in = jsonio::parse_object(at.to_carry ? *at.to_carry : at.carried);
  if (!in) return out;
  const auto id = jsonio::text(*in, "id");
  const auto sealed_ms = jsonio::integer(*in, "at", 0, INT64_MAX);
  const auto lines = jsonio::array(*in, "lines");
  if (!id || !sealed_ms || !lines || *id != at.id) return out;
  const int64_t age_ms = static_cast<int64_t>(wall_now_ms()) - *sealed_ms;
  if (age_ms > kCarriedAgeMsMax || age_ms < -kCarriedAgeMsMax) return out;
  if (const json* user = jsonio::find(*in, "user")) out.user = read_user(jsonio::dump(*user));
  for (const json& one : **lines) {
    const json *line_id = jsonio::item_at(one, 0), *line = jsonio::item_at(one, 1);
    if (!line || one.size() != 2 || !line_id->is_string()) return Carried();
    out.lines.push_back({jsonio::text_or_empty(*line_id), jsonio::dump(*line)});
  }
  return out;
}

// False when it would not fit; then nothing has changed.
bool hand_over(SessionAt& at, const Carried& now) {
  json out;
  out["id"] = at.id;
  out["at"] = wall_now_ms();
  if (now.user) {
    out["user"] = {
        {"account", now.user->account}, {"email", now.user->email}, {"name", now.user->name}};
  }
  out["lines"] = json::array();
  for (const StoredLine& one : now.lines) {
    auto text = jsonio::parse<json>(one.text);
    out["lines"].push_back(json::array({one.line, text ? std::move(*text) : json()}));
  }
  std::string text = jsonio::dump(out);
  if (text.size() > kCarriedBytesMax) return false;
  at.to_carry = std::move(text);
  return true;
}

Error does_not_fit() {
  return Error(Code::kConflict, "more than a cookie holds");
}

class CookieStore : public SessionStore {
 public:
  std::string_view name() const override { return "cookie"; }

  rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos) override {
    co_return read_carried(at).user;
  }

  rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos) override {
    co_return read_carried(at).lines;
  }

  rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos) override {
    const Carried now = read_carried(at);
    GlanceFacts facts;
    facts.user = now.user;
    facts.lines = static_cast<int64_t>(now.lines.size());
    co_return facts;
  }

  rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                         Nanos) override {
    std::optional<std::string> text;
    for (const StoredLine& one : read_carried(at).lines) {
      if (one.line == line) text = one.text;
    }
    co_return text;
  }

  rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos) override {
    Carried now = read_carried(at);
    PutNew out;
    for (const StoredLine& one : now.lines) {
      if (one.line == line.line) out.stored = one.text;
    }
    out.created = out.stored.empty();
    if (out.created) {
      out.stored = line.text;
      now.lines.push_back(std::move(line));
      if (!hand_over(at, now)) co_return does_not_fit();
    }
    out.lines = static_cast<int64_t>(now.lines.size());
    co_return out;
  }

  rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos) override {
    Carried now = read_carried(at);
    bool there = false;
    for (StoredLine& one : now.lines) {
      if (one.line != line.line) continue;
      one.text = line.text;
      there = true;
    }
    if (!there) now.lines.push_back(std::move(line));
    if (!hand_over(at, now)) co_return does_not_fit();
    co_return Status();
  }

  rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> names,
                                         Nanos) override {
    Carried now = read_carried(at);
    int64_t removed = 0;
    for (const std::string& name : names) {
      removed += static_cast<int64_t>(
          std::erase_if(now.lines, [&](const StoredLine& one) { return one.line == name; }));
    }
    hand_over(at, now);  // fits, because it is smaller than before
    co_return removed;
  }

  rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                             Nanos) override {
    Carried now = read_carried(at);
    now.user = std::move(user);
    SessionAt moved;
    moved.id = std::move(new_id);
    if (!hand_over(moved, now)) co_return does_not_fit();
    at.id = moved.id;
    at.to_carry = std::move(moved.to_carry);
    co_return Status();
  }
};

}  // namespace

std::unique_ptr<SessionStore> make_cookie_store() {
  return std::make_unique<CookieStore>();
}

}  // namespace multiaz::webnode
