// Exchange: one request and its answer. It picks a target, forwards the request, and relays the
// answer; bodies are streamed in both directions. lb/balance/retry.h decides whether a failed
// attempt is repeated.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/elb/rules.h"
#include "base/rt/nursery.h"
#include "base/wire/http_parser.h"
#include "lb/access_log.h"
#include "lb/backends.h"
#include "lb/balance/retry.h"
#include "lb/body_pump.h"
#include "lb/client_answer.h"
#include "lb/client_session.h"
#include "lb/desync.h"
#include "lb/error_page.h"
#include "lb/local_answer.h"

namespace multiaz::lb {

// A route is what the rules have decided for a request. It holds the document and the group, so
// that a change of the document concerns later requests only.
struct Route {
  std::shared_ptr<const elb::Document> document;
  elb::Decision decision;
  std::shared_ptr<Backends> group;  // set when the action is forward
  bool keeps_group = false;         // the answer gets the cookie AWSALBTG
  bool stuck = false;               // the target was named by a cookie
};

class Exchange {
 public:
  // REQUIRES: the link's parser stands behind a head.
  explicit Exchange(ClientLink& link);
  // Returns whether the client's connection serves another request.
  rt::Task<bool> run();

 private:
  rt::Task<bool> act();
  rt::Task<bool> redirect(const elb::Redirect& action);
  rt::Task<bool> forward();
  rt::Task<std::optional<Failure>> attempt(std::string target);
  rt::Task<std::optional<Failure>> read_response_head();
  rt::Task<bool> fail(int status);
  rt::Task<bool> relay();
  rt::Task<bool> relay_body();
  rt::Task<void> relay_websocket();
  rt::Task<bool> settle_request_body();
  rt::Task<bool> answer_error(int status, Executed executed);
  rt::Task<bool> answer_here(int status, std::string answer);

  void begin_body();
  void open_answer();
  void listen_to_target();
  void relay_interim();
  [[nodiscard]] bool may_keep_client() const;
  [[nodiscard]] bool may_keep_target() const;
  [[nodiscard]] bool client_failed() const;
  void choose_group(const elb::Forward& action);
  // The target that the request's cookie names; "" when there is none, or the group is not sticky.
  [[nodiscard]] std::string sticky_target() const;
  void add_cookies(wire::http::Headers& headers);
  AnswerForm local_form();
  void log_end(int status);

  ClientLink& link_;
  Node& node_;
  wire::http::RequestHead request_;
  Route route_;
  std::unique_ptr<Upstream> upstream_;
  wire::http::ResponseParser response_;
  rt::Nursery nursery_;  // runs the pump of the body
  std::optional<BodyPump> pump_;
  Attempts attempts_;
  Handling handling_ = Handling::kForward;  // by the desync mitigation
  bool fresh_ = false;                      // no more kept-alive connections to targets
  bool expects_continue_ = false;           // the client waits for 100 Continue
  bool keep_ = false;                       // whether the client was told that its connection stays
  ClientAnswer answer_;
  AccessEntry entry_;
};

}  // namespace multiaz::lb
