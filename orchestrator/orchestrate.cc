#include "orchestrator/orchestrate.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/core/descriptors.h"
#include "base/core/log.h"
#include "base/core/private_files.h"
#include "base/http/server.h"
#include "base/rt/loop.h"
#include "orchestrator/api/api.h"
#include "orchestrator/control/refusals.h"
#include "orchestrator/shell/log_rotation.h"

namespace multiaz::orchestrator {

namespace {

constexpr int kExitBadInput = 254;

// The plan is read from the file once and then kept with the state, because it binds all later
// starts.
Result<Plan> load_plan(Store& store, const std::string& plan_file) {
  const auto stored = store.meta("plan");
  if (!stored) return stored.error();
  if (!stored->empty()) return plan_from_json(*stored);
  std::ifstream file(plan_file);
  if (!file) return Error(Code::kInvalid, "cannot read the plan " + plan_file);
  std::ostringstream text;
  text << file.rdbuf();
  auto plan = plan_from_json(text.str());
  if (!plan) return plan;
  const Status saved = store.set_meta("plan", text.str());
  if (!saved) return saved.error();
  return plan;
}

// All objects that live as long as the process, in the order of construction.
struct World {
  OrchestratorOptions options;
  std::unique_ptr<Store> store;
  std::unique_ptr<EventLog> events;
  rt::Nursery nursery;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<DnsRecords> dns;
  std::unique_ptr<Security> security;
  std::unique_ptr<Snapshots> snapshots;
  std::unique_ptr<Hardware> hardware;
  std::unique_ptr<ControlServer> control;
  std::unique_ptr<Api> api;
  std::unique_ptr<http::Server> server;
  Refusals refusals;
  rt::Wait ended;
};

Status open_state(World& w) {
  // The plan in the folder names programs that run as this user, so no other user may write there.
  const Status own = check_own_folder(w.options.run_dir);
  if (!own) return Error(Code::kInvalid, own.error().detail);
  auto store = Store::open(w.options.run_dir + "/orchestrator.db");
  if (!store) return store.error();
  w.store = std::move(*store);
  auto plan = load_plan(*w.store, w.options.plan_file);
  if (!plan) return plan.error();
  auto secrets = read_secrets(w.options.run_dir + "/secrets.json");
  if (!secrets) return secrets.error();
  w.events = std::make_unique<EventLog>(*w.store);
  const Status loaded = w.events->load();
  if (!loaded) return loaded;
  w.hardware = std::make_unique<Hardware>(
      [&w](const wire::Exited& exited) { w.cluster->on_exited(exited); });
  ControlHandlers handlers;
  handlers.admit = [&w](const wire::Hello& hello) { return admit(w.cluster->state(), hello); };
  handlers.on_hello = [&w](const wire::Hello& hello) { w.cluster->step(HelloSaid{hello}); };
  handlers.on_message = [&w](const std::string& id, uint64_t launch,
                             const wire::ControlMessage& message) {
    w.cluster->on_message(id, launch, message);
  };
  handlers.on_refused = [&w](const std::string& peer, const Error& why, bool proven) {
    const std::string reason = proven ? "not admitted" : std::string(to_string(why.code));
    const auto text = w.refusals.refused(monotonic_now(), reason, why.detail);
    if (text) w.cluster->event("orchestrator", "refused", peer, *text);
  };
  w.control = std::make_unique<ControlServer>(secrets->cluster_id, secrets->key, handlers);
  Folders folders;
  folders.run = w.options.run_dir;
  folders.bin = w.options.bin_dir;
  w.cluster = std::make_unique<Cluster>(std::move(*plan), std::move(*secrets), std::move(folders),
                                        *w.store, *w.events, *w.hardware, *w.control, w.nursery);
  const Status cluster = w.cluster->load();
  if (!cluster) return cluster;
  w.dns = std::make_unique<DnsRecords>(*w.cluster, *w.store);
  const Status dns = w.dns->load();
  if (!dns) return dns;
  w.security = std::make_unique<Security>(*w.cluster, *w.store);
  const Status security = w.security->load();
  if (!security) return security;
  w.snapshots = std::make_unique<Snapshots>(*w.cluster, *w.store, w.nursery);
  return w.snapshots->load();
}

Result<std::unique_ptr<rt::Listener>> endpoint_listener(const char* name) {
  const int fd = rt::inherited_listener(name);
  if (fd < 0) {
    return Error(Code::kInvalid, std::string("no socket '") + name +
                                     "' was inherited: the supervisor starts the orchestrator");
  }
  return rt::Listener::adopt(fd);
}

// So many descriptors are for instances and for untrusted clients on the control port.
constexpr size_t kControlReserve = 512;

Status open_doors(World& w) {
  auto control = endpoint_listener("control");
  if (!control) return control.error();
  auto api = endpoint_listener("api");
  if (!api) return api.error();
  w.nursery.spawn("control", w.control->run(std::move(*control)));
  w.api = std::make_unique<Api>(Api{*w.cluster, *w.dns, *w.security, *w.snapshots, w.nursery});
  http::ServerConfig config;
  config.write_ms = 60'000;
  // The control connections of instances have precedence.
  config.connections_max =
      clients_within(config.connections_max, 1, kDescriptorReserve + kControlReserve);
  w.server = std::make_unique<http::Server>(
      config, [&w](http::Request request) { return handle_api(*w.api, std::move(request)); });
  w.server->listen(std::move(*api));
  return Status();
}

rt::Task<void> follow_supervisor(World& w) {
  co_await w.hardware->run();
  w.ended.wake();
}

rt::Task<Status> join_supervisor(World& w) {
  const std::string socket = w.options.run_dir + "/supervisor.sock";
  const Status own = check_ours(socket);
  if (!own) co_return own;
  const Status connected = co_await w.hardware->connect(socket);
  if (!connected) co_return connected;
  w.nursery.spawn("supervisor", follow_supervisor(w));
  const Hardware::CallPtr list = w.hardware->list();
  const Status listed = co_await Hardware::finish(list);
  if (listed) w.cluster->step(Adopt{*list->list});
  co_return listed;
}

rt::Task<void> wind_up(World& w) {
  if (w.hardware) w.hardware->close();
  if (w.control) w.control->stop();
  if (w.server) {
    w.server->stop();
    co_await w.server->join();
  }
  w.nursery.stop();
  co_await w.nursery.join();
  if (w.events) w.events->flush();
}

}  // namespace

rt::Task<int> orchestrate(OrchestratorOptions options) {
  World w;
  w.options = std::move(options);
  Status up = open_state(w);
  if (up) up = co_await join_supervisor(w);
  if (up) up = open_doors(w);
  if (!up) {
    log::warn("cannot start: " + up.error().text());
    co_await wind_up(w);
    co_return up.error().code == Code::kInvalid ? kExitBadInput : 1;
  }
  rt::SignalWatch on_term(SIGTERM, [&w] { w.ended.wake(); });
  rt::SignalWatch on_int(SIGINT, [&w] { w.ended.wake(); });
  rt::Timer ticker([&w] {
    w.cluster->tick();
    w.snapshots->tick();
    const auto untold = w.refusals.tick(monotonic_now());
    if (untold) w.cluster->event("orchestrator", "refused", "control", *untold);
  });
  ticker.start(kTickMs, kTickMs);
  rt::Timer rotation([&w] { rotate_logs(w.options.run_dir + "/logs", kLogBytesMax); });
  rotation.start(kLogRotationEveryMs, kLogRotationEveryMs);
  std::printf("{\"ready\":true,\"id\":\"orchestrator\"}\n");
  std::fflush(stdout);
  co_await w.ended;
  ticker.stop();
  rotation.stop();
  co_await wind_up(w);
  co_return 0;
}

}  // namespace multiaz::orchestrator
