// A load balancer node with web servers behind it, on loopback sockets in one process.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/http/client.h"
#include "base/http/server.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "lb/node.h"

namespace multiaz::lb {

constexpr uint32_t kLoopback = 0x7f000001;

// A web server that answers with its name and counts; GET and POST /hang hang on the target that
// the query names.
struct Web {
  explicit Web(std::string its_name)
      : name(std::move(its_name)),
        server(http::ServerConfig(), [this](http::Request r) { return answer(std::move(r)); }) {
    auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
    CHECK(listener.ok());
    address = (*listener)->address();
    server.listen(std::move(*listener));
  }

  rt::Task<http::Response> answer(http::Request request) {
    if (request.path == "/health") co_return http::text_response(200, "ok");
    ++requests;
    if (request.path == "/hang" && request.query.get("on") == name) {
      (void)co_await rt::sleep_ms(60'000, hang_until);
    }
    if (request.path == "/slow") co_await rt::sleep_ms(60);
    if (request.path == "/echo") co_return http::text_response(200, request.body);
    co_return http::text_response(200, name);
  }

  TargetSpec spec(bool draining = false) const {
    TargetSpec out;
    out.id = name;
    out.zone = "az-a";
    out.ip = address.ip;
    out.port = address.port;
    out.draining = draining;
    return out;
  }

  std::string name;
  int requests = 0;
  rt::Stop hang_until;
  rt::Address address;
  http::Server server;
};

struct Scene {
  explicit Scene(LbConfig config)
      : w1("w1"),
        w2("w2"),
        node(config, nullptr, [this](std::string kind, std::string text, std::string) {
          events.push_back(kind + ": " + text);
        }) {
    auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
    CHECK(listener.ok());
    address = (*listener)->address();
    node.listen(std::move(*listener));
  }

  std::vector<std::string> events;  // "target_health: w1 is healthy"
  Web w1, w2;
  Node node;
  rt::Address address;
};

inline rt::Task<void> until_healthy(Scene& scene, size_t count) {
  while (scene.node.backends().group().healthy_count() != count) co_await rt::sleep_ms(1);
}

// One request over a connection of its own: "200 w1".
inline rt::Task<std::string> ask(Scene& scene, std::string method, std::string target) {
  http::Client client((http::ClientConfig()));
  http::Request request(std::move(method), std::move(target));
  auto response = co_await client.fetch(scene.address, std::move(request));
  if (!response) co_return response.error().text();
  const bool ours = response->header("Server") == "awselb/2.0";
  co_return std::to_string(response->status) + " " + (ours ? "lb" : response->body);
}

inline rt::Task<int> play(LbConfig config, rt::Task<void> (*story)(Scene&)) {
  Scene scene(config);
  scene.node.set_targets({scene.w1.spec(), scene.w2.spec()});
  co_await until_healthy(scene, 2);
  co_await story(scene);
  scene.w1.hang_until.request();
  scene.w2.hang_until.request();
  scene.node.drain();
  co_await scene.node.join();
  scene.w1.server.stop();
  scene.w2.server.stop();
  co_await scene.w1.server.join();
  co_await scene.w2.server.join();
  co_return 0;
}

inline LbConfig quick() {
  LbConfig config;
  config.web.health.interval_ms = 10;
  config.web.attributes.deregistration_delay_ms = 80;
  config.drain.idle_ms = 1;
  return config;
}

}  // namespace multiaz::lb
