#include "chaos/named_visitors.h"

#include <algorithm>
#include <variant>

#include "base/core/clock.h"
#include "base/http/client.h"
#include "base/rt/sync.h"
#include "base/rt/udp.h"
#include "base/wire/dns.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kQueryMs = 400;  // until the query is sent again
constexpr int kQueries = 2;
constexpr uint64_t kVisitMs = 2'000;
constexpr uint64_t kVisitPauseMs = 20;
constexpr uint64_t kVisitorSeed = 1'299'709;
constexpr const char* kShopName = "shop.multiaz.test";

// The last answer of the name server.
struct Known {
  std::vector<rt::Address> addresses;
  Nanos until = 0;
};

// One query: its answer, or nothing when none came in time.
class Lookup {
 public:
  explicit Lookup(uint16_t id) : id_(id) {}
  rt::Task<Known> ask(rt::Address server, uint16_t port);

 private:
  void take(std::string_view bytes);

  uint16_t id_;
  uint16_t port_ = 0;
  Known known_;
  rt::Notify answered_;
};

void Lookup::take(std::string_view bytes) {
  const auto message = wire::dns::decode(bytes);
  if (!message || message->id != id_ || !message->response) return;
  uint32_t ttl_s = 3600;
  known_ = Known();
  for (const wire::dns::Record& record : message->answers) {
    const auto* a = std::get_if<wire::dns::A>(&record.data);
    if (a == nullptr) continue;
    const uint32_t ip = uint32_t{a->address[0]} << 24 | uint32_t{a->address[1]} << 16 |
                        uint32_t{a->address[2]} << 8 | a->address[3];
    known_.addresses.push_back(rt::make_address(ip, port_));
    ttl_s = std::min(ttl_s, record.ttl_s);
  }
  known_.until = monotonic_now() + ttl_s * kSecond;
  answered_.notify_all();
}

rt::Task<Known> Lookup::ask(rt::Address server, uint16_t port) {
  port_ = port;
  const rt::Address any = rt::make_address(server.ip >> 24 == 127 ? 0x7f000001 : 0, 0);
  auto socket =
      rt::UdpSocket::bind(any, [this](std::string_view bytes, rt::Address) { take(bytes); });
  if (!socket) co_return Known();
  wire::dns::Message query;
  query.id = id_;
  query.recursion_desired = true;
  wire::dns::Question question;
  question.name = kShopName;
  query.questions.push_back(std::move(question));
  const auto bytes = wire::dns::encode(query);
  for (int i = 0; bytes && i < kQueries; ++i) {
    (*socket)->send(*bytes, server);
    const bool came = co_await answered_.wait(kQueryMs);
    if (came) break;
  }
  co_return known_;
}

}  // namespace

rt::Task<void> named_visitor(ShopperConfig config, uint64_t number, Timeline& timeline,
                             rt::Stop& stop) {
  Random random(config.seed * kVisitorSeed + number);
  http::Client client{http::ClientConfig()};
  Known known;
  while (!stop.requested()) {
    const Nanos sent = monotonic_now();
    if (known.addresses.empty() || sent >= known.until) {
      Lookup lookup(static_cast<uint16_t>(random.below(65'536)));
      known = co_await lookup.ask(config.name_server, config.shop.port);
    }
    bool ok = false;
    if (!known.addresses.empty()) {
      const rt::Address to = known.addresses[random.below(known.addresses.size())];
      http::Request request("GET", "/", "");
      request.headers.set("Host", kShopName);
      const auto response = co_await client.fetch(to, std::move(request), kVisitMs);
      ok = response && response->status < 500;
    }
    timeline.record(Path::kNamed, sent, monotonic_now(), ok);
    (void)co_await rt::sleep_ms(kVisitPauseMs, stop);
  }
}

}  // namespace multiaz::chaos
