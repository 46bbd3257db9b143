#include "dns/node.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <variant>

#include "base/core/descriptors.h"
#include "base/faults/inner_faults.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "base/http/linger.h"
#include "base/rt/loop.h"
#include "base/wire/bytes.h"
#include "base/wire/dns.h"
#include "dns/zone/answer.h"

namespace multiaz::dns {

namespace wd = wire::dns;

Node::Node(agent::DaemonOptions options, NodeOptions extra)
    : options_(std::move(options)),
      extra_(std::move(extra)),
      times_(zone_times(options_.profile)),
      checks_(options_.self, [this](const HealthCheck& check, bool healthy,
                                    const std::string& why) { on_health(check, healthy, why); }),
      acceptor_(clients_within(kTcpClientsMax), "",
                [this](http::AcceptedConn& accepted) { return serve_tcp(accepted); }) {
  KnownCluster known;
  known.name = extra_.name;
  known.zones = extra_.zones;
  known.endpoints = extra_.endpoints;
  zone_ = cluster_zone(known, times_, Additions());
}

Status Node::load() {
  if (options_.data.empty()) return Status();
  std::ifstream file(options_.data + "/zone.json");
  if (!file) return Status();  // this is the first start
  std::ostringstream text;
  text << file.rdbuf();
  auto zone = zone_from_json(text.str());
  if (!zone) {
    // The topology brings a new zone; until then the endpoints are known.
    log::warn("the zone on disk cannot be used: " + zone.error().text());
    return Status();
  }
  zone_ = std::move(*zone);
  checks_.set(zone_.checks);
  log::info("answers from the zone on disk, serial " + std::to_string(zone_.serial));
  return Status();
}

void Node::save() const {
  if (options_.data.empty()) return;
  const std::string path = options_.data + "/zone.json";
  {
    std::ofstream file(path + ".new", std::ios::trunc);
    file << zone_to_json(zone_);
    if (!file.flush()) {
      log::warn("the zone is not on disk: cannot write " + path);
      return;
    }
  }
  std::rename((path + ".new").c_str(), path.c_str());
}

void Node::publish(Zone zone) {
  zone.serial = zone_.serial;
  if (zone == zone_) return;
  ++zone.serial;
  zone_ = std::move(zone);
  checks_.set(zone_.checks);
  save();
}

void Node::take_topology(const wire::TopologyUpdate& topology) {
  topology_version_ = topology.version;
  KnownCluster known;
  known.name = extra_.name;
  known.zones = extra_.zones;
  known.endpoints = extra_.endpoints;
  const auto setting = [&](const char* key) {
    const auto found = topology.settings.find(key);
    return found == topology.settings.end() ? std::string() : found->second;
  };
  const std::string shifted = "," + setting("zones_shifted") + ",";
  for (const wire::InstanceInfo& one : topology.instances) {
    KnownInstance instance;
    instance.id = one.id;
    instance.tier = one.tier;
    instance.zone = one.zone;
    instance.address = one.address;
    instance.port = one.port;
    instance.primary = one.role == "primary";
    instance.shifted = shifted.find("," + one.zone + ",") != std::string::npos;
    known.instances.push_back(std::move(instance));
  }
  Additions added;
  const std::string text = setting("dns");
  if (!text.empty()) {
    auto parsed = additions_from_json(text);
    if (parsed)
      added = std::move(*parsed);
    else
      log::warn("the added records cannot be used: " + parsed.error().text());
  }
  publish(cluster_zone(known, times_, added));
}

void Node::on_health(const HealthCheck& check, bool healthy, const std::string& why) {
  const std::string text = check.id + " is " + (healthy ? "healthy" : "unhealthy: " + why);
  if (agent_)
    agent_->event("health_check", text, {{"check", check.id}});
  else
    log::info(text);
}

wire::StatusReport Node::status() const {
  wire::StatusReport report;
  report.state = "ready";
  report.health = "healthy";
  report.serving = true;
  report.topology_version = topology_version_;
  report.counters["queries_udp"] = counters_.udp;
  report.counters["queries_tcp"] = counters_.tcp;
  report.counters["malformed"] = counters_.malformed;
  report.counters["refused"] = counters_.refused;
  report.counters["nxdomain"] = counters_.nxdomain;
  report.counters["truncated"] = counters_.truncated;
  report.counters["record_sets"] = zone_.records.size();
  report.counters["health_checks"] = zone_.checks.size();
  report.counters["unhealthy_checks"] = checks_.unhealthy_count();
  return report;
}

// 127.C.Z.N is in the Z-th zone; any other address is in none.
std::string Node::zone_of(uint32_t ip) const {
  const uint32_t z = (ip >> 8) & 0xff;
  const bool ours = (ip >> 16) == (options_.self.ip >> 16);
  if (!ours || z == 0 || z > zone_.availability_zones.size()) return "";
  return zone_.availability_zones[z - 1];
}

// Replaces every address by one of this cluster that no process has.
void Node::lead_astray(wd::Message& out) const {
  for (wd::Record& record : out.answers) {
    auto* a = std::get_if<wd::A>(&record.data);
    if (a != nullptr) a->address = {127, static_cast<uint8_t>(options_.self.ip >> 16), 250, 250};
  }
}

std::string Node::answer_to(std::string_view query, rt::Address from, bool tcp) {
  ++(tcp ? counters_.tcp : counters_.udp);
  const auto decoded = wd::decode(query);
  wd::Message out;
  size_t bytes_max = tcp ? wd::kMessageBytesMax : wd::kUdpBytesMax;
  if (!decoded) {
    ++counters_.malformed;
    const auto id = wd::peek_id(query);
    const bool response = query.size() > 2 && (static_cast<uint8_t>(query[2]) & 0x80);
    if (!id || response) return "";
    out.id = *id;
    out.response = true;
    out.rcode = static_cast<uint16_t>(wd::Rcode::kFormErr);
  } else if (decoded->response) {
    return "";  // a server that answered answers would make loops
  } else {
    Asker asker;
    asker.random = secret_u64();
    const uint32_t subnet = client_subnet(*decoded);
    asker.zone = zone_of(subnet ? subnet : from.ip);
    const IsHealthy healthy = [this](const std::string& id) { return checks_.healthy(id); };
    if (inner_faults().strikes("dns_outage"_fault)) return "";
    out = answer(zone_, healthy, asker, *decoded);
    if (inner_faults().strikes("dns_lie"_fault)) lead_astray(out);
    if (!tcp && decoded->edns) {
      bytes_max =
          std::clamp<size_t>(decoded->edns->udp_bytes, wd::kUdpBytesMax, wd::kEdnsUdpBytesMax);
    }
    if (out.rcode == static_cast<uint16_t>(wd::Rcode::kRefused)) ++counters_.refused;
    if (out.rcode == static_cast<uint16_t>(wd::Rcode::kNxDomain)) ++counters_.nxdomain;
  }
  auto bytes = wd::encode(out, bytes_max);
  if (!bytes) {
    log::warn("an answer cannot be encoded: " + bytes.error().text());
    return "";
  }
  if (bytes->size() > 2 && (static_cast<uint8_t>((*bytes)[2]) & 0x02)) ++counters_.truncated;
  return *bytes;
}

rt::Task<void> Node::serve_tcp(http::AcceptedConn& accepted) {
  co_await answer_queries(accepted);
  co_await http::end_in_order(accepted, kTcpIdleMs);
}

// Reads messages behind 16-bit lengths (RFC 1035 4.2.2, RFC 7766), as many as the client sends.
rt::Task<void> Node::answer_queries(http::AcceptedConn& accepted) {
  rt::Conn& conn = accepted.conn;
  while (!accepted.draining) {
    conn.deadline_in_ms(kTcpIdleMs);
    const std::string_view input = conn.peek();
    const size_t length = input.size() < 2
                              ? 0
                              : (static_cast<size_t>(static_cast<uint8_t>(input[0])) << 8) |
                                    static_cast<uint8_t>(input[1]);
    if (input.size() < 2 || input.size() < 2 + length) {
      const Status more = co_await conn.more();
      if (!more) co_return;
      continue;
    }
    accepted.become_busy();
    const std::string bytes = answer_to(input.substr(2, length), conn.peer(), true);
    conn.consume(2 + length);
    if (bytes.empty()) co_return;
    std::string framed;
    framed.push_back(static_cast<char>(bytes.size() >> 8));
    framed.push_back(static_cast<char>(bytes.size() & 0xff));
    framed += bytes;
    const Status written = co_await conn.write(framed);
    if (!written) co_return;
    accepted.become_idle();
  }
}

// Binds UDP and TCP to the same port. When any port will do, the TCP port that UDP got may be in
// use: then another one is tried.
Result<std::unique_ptr<rt::Listener>> Node::bind() {
  constexpr int kPortsTried = 16;
  for (int i = 1;; ++i) {
    auto udp = rt::UdpSocket::bind(options_.self, [this](std::string_view query, rt::Address from) {
      const std::string bytes = answer_to(query, from, false);
      if (!bytes.empty()) udp_->send(bytes, from);
    });
    if (!udp) return udp.error();
    udp_ = std::move(*udp);
    auto tcp = rt::Listener::bind(udp_->address());
    if (tcp) return tcp;
    udp_.reset();
    if (options_.self.port != 0 || i == kPortsTried) return tcp.error();
  }
}

rt::Task<int> Node::run() {
  const Status loaded = load();
  if (!loaded) co_return agent::bad_start(options_, loaded.error());
  auto tcp = bind();
  if (!tcp) co_return agent::bad_start(options_, tcp.error());
  acceptor_.listen(std::move(*tcp));
  rt::Nursery nursery;
  if (options_.control) {
    agent::AgentHandlers handlers;
    handlers.status = [this] { return status(); };
    handlers.on_topology = [this](const wire::TopologyUpdate& now) { take_topology(now); };
    agent_ = std::make_unique<agent::Agent>(agent::agent_config(options_, "dns"), handlers);
    nursery.spawn("agent", agent_->run(nursery.stopping()));
  }
  const rt::SignalWatch on_term(SIGTERM, [this] { acceptor_.drain(http::DrainTimes()); });
  const rt::SignalWatch on_int(SIGINT, [this] { acceptor_.drain(http::DrainTimes()); });
  agent::print_ready(options_, "dns", udp_->address());
  co_await acceptor_.join();
  udp_.reset();
  checks_.stop();
  co_await checks_.join();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

}  // namespace multiaz::dns
