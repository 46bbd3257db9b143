// The words of `scale`, `asg` and `deploy`: each becomes one order to the API (route and body).
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "cli/options_parts.h"
#include "cli/table.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

struct Words {
  std::string first, second, name, metric = "cpu", type = "target-tracking", adjustment_type;
  std::string result = "CONTINUE", transition = "launching", in, every, program, heartbeat;
  std::string termination;
  std::vector<std::string> list, env, flags;
  std::optional<int64_t> min, desired, max, low, high;
  double target = 0;
  bool flag = false, below = false, no_scale_in = false;
};
using WordsPtr = std::shared_ptr<Words>;

void order(Options& o, const char* route, const Json& body) {
  o.verb = "order";
  o.route = route;
  o.body = jsonio::dump(body);
}

uint64_t duration(const std::string& option, const std::string& text) {
  const auto ms = parse_duration_ms(text);
  if (!ms) throw CLI::ValidationError(option, "'" + text + "' is not a duration like 500ms, 5s");
  return *ms;
}

template <typename T>
void put(Json& body, const char* key, const std::optional<T>& value) {
  if (value) body[key] = *value;
}

// Reads "web=9" or "9".
int64_t capacity_of(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string tier = equals == std::string::npos ? "web" : text.substr(0, equals);
  const std::string digits = equals == std::string::npos ? text : text.substr(equals + 1);
  if (tier != "web") {
    throw CLI::ValidationError("scale", "only web is an Auto Scaling group, not '" + tier + "'");
  }
  size_t used = 0;
  int64_t out = -1;
  try {
    out = std::stoll(digits, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != digits.size()) {
    throw CLI::ValidationError("scale", "'" + text + "' is not like web=9");
  }
  return out;
}

void add_bounds(CLI::App* sub, const WordsPtr& w) {
  sub->add_option("--min", w->min, "never fewer instances");
  sub->add_option("--max", w->max, "never more");
}

CLI::App* part(CLI::App* asg, const char* name, const char* help) {
  return asg->add_subcommand(name, help);
}

// Reads NUMBER or LOWER:UPPER:ADJUSTMENT, where an empty bound stands for infinity.
Json step_of(const std::string& text) {
  Json step;
  const size_t first = text.find(':');
  const size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  try {
    if (first == std::string::npos) {
      step["adjustment"] = std::stod(text);
      return step;
    }
    if (second == std::string::npos) throw std::invalid_argument(text);
    if (first > 0) step["lower"] = std::stod(text.substr(0, first));
    const std::string upper = text.substr(first + 1, second - first - 1);
    if (!upper.empty()) step["upper"] = std::stod(upper);
    step["adjustment"] = std::stod(text.substr(second + 1));
  } catch (const std::exception&) {
    throw CLI::ValidationError("--step", "'" + text + "' is not like 2 or LOWER:UPPER:ADJUSTMENT");
  }
  return step;
}

void add_policy(CLI::App* asg, Options& o) {
  const auto w = std::make_shared<Words>();
  CLI::App* sub = part(asg, "policy", "add or change a scaling policy");
  sub->add_option("NAME", w->name, "its name")->required();
  sub->add_option("--metric", w->metric,
                  "cpu (percent of a core) or requests (a second and instance)");
  sub->add_option("--target", w->target, "target, or threshold of step and simple")->required();
  sub->add_option("--type", w->type, "target-tracking, step or simple");
  sub->add_flag("--no-scale-in", w->no_scale_in, "target tracking: only out");
  sub->add_flag("--below", w->below, "step, simple: alarm below the threshold");
  sub->add_option("--adjustment-type", w->adjustment_type,
                  "ChangeInCapacity, ExactCapacity, PercentChangeInCapacity");
  sub->add_option("--step", w->list, "ADJUSTMENT, or LOWER:UPPER:ADJUSTMENT from the threshold");
  sub->add_option("--min-adjustment", w->min, "for percentages: at least this many instances");
  sub->add_option("--cooldown", w->in, "simple: cooldown after a scaling");
  sub->callback([w, &o] {
    Json body;
    body["name"] = w->name;
    body["type"] = w->type;
    body["metric"] = w->metric;
    body["target"] = w->target;
    body["disable_scale_in"] = w->no_scale_in;
    body["below"] = w->below;
    if (!w->adjustment_type.empty()) body["adjustment_type"] = w->adjustment_type;
    body["steps"] = Json::array();
    for (const std::string& text : w->list) body["steps"].push_back(step_of(text));
    put(body, "min_adjustment", w->min);
    if (!w->in.empty()) body["cooldown_ms"] = duration("--cooldown", w->in);
    order(o, "/v1/asg/policy", body);
  });
}

void add_schedule(CLI::App* asg, Options& o) {
  const auto w = std::make_shared<Words>();
  CLI::App* sub = part(asg, "schedule", "change the capacity at a time");
  sub->add_option("NAME", w->name, "its name")->required();
  CLI::Option* in = sub->add_option("--in", w->in, "from now: 10s");
  sub->add_option("--cron", w->first, "minute hour day month weekday, in UTC: '30 8 * * 1-5'")
      ->excludes(in);
  sub->add_option("--every", w->every, "repeat after: 1m");
  sub->add_option("--desired", w->desired, "so many instances");
  add_bounds(sub, w);
  sub->callback([w, &o] {
    Json body;
    body["name"] = w->name;
    if (w->in.empty() == w->first.empty()) {
      throw CLI::ValidationError("schedule", "--in or --cron says when");
    }
    if (!w->in.empty()) body["in_ms"] = duration("--in", w->in);
    if (!w->first.empty()) body["cron"] = w->first;
    if (!w->every.empty()) body["every_ms"] = duration("--every", w->every);
    put(body, "min", w->min);
    put(body, "desired", w->desired);
    put(body, "max", w->max);
    order(o, "/v1/asg/schedule", body);
  });
}

void add_hooks(CLI::App* asg, Options& o) {
  const auto w = std::make_shared<Words>();
  CLI::App* hook = part(asg, "hook", "add or change a lifecycle hook, at which instances wait");
  hook->add_option("NAME", w->name, "its name")->required();
  hook->add_option("--transition", w->transition, "launching or terminating");
  hook->add_option("--heartbeat", w->heartbeat, "heartbeat time-out: 30s");
  hook->add_option("--default-result", w->result, "CONTINUE or ABANDON when it times out");
  hook->callback([w, &o] {
    Json body;
    body["name"] = w->name;
    body["transition"] = w->transition;
    body["default_result"] = w->result;
    if (!w->heartbeat.empty()) body["heartbeat_ms"] = duration("--heartbeat", w->heartbeat);
    order(o, "/v1/asg/hook", body);
  });
  const auto c = std::make_shared<Words>();
  CLI::App* complete = part(asg, "complete", "complete the lifecycle hook of an instance");
  complete->add_option("ID", c->first, "instance")->required();
  complete->add_option("--result", c->result, "CONTINUE or ABANDON");
  complete->callback([c, &o] {
    order(o, "/v1/asg/lifecycle", Json{{"id", c->first}, {"result", c->result}});
  });
  const auto d = std::make_shared<Words>();
  CLI::App* erase = part(asg, "delete", "remove a policy, schedule or hook");
  erase->add_option("WHAT", d->first, "policy, schedule or hook")
      ->required()
      ->check(CLI::IsMember({"policy", "schedule", "hook"}));
  erase->add_option("NAME", d->name, "its name")->required();
  erase->callback([d, &o] {
    order(o, ("/v1/asg/" + d->first).c_str(), Json{{"delete", d->name}});
  });
}

void add_instances(CLI::App* asg, Options& o) {
  for (const bool on : {true, false}) {
    const auto w = std::make_shared<Words>();
    CLI::App* sub = part(asg, on ? "suspend" : "resume", "a process of the group");
    sub->add_option("PROCESS", w->first, "Launch, Terminate, AZRebalance, ReplaceUnhealthy, ...")
        ->required();
    sub->callback([w, on, &o] {
      order(o, "/v1/asg/process", Json{{"process", w->first}, {"suspended", on}});
    });
    const auto p = std::make_shared<Words>();
    CLI::App* protect =
        part(asg, on ? "protect" : "unprotect", "an instance from scale-in, or end that");
    protect->add_option("ID", p->first, "instance")->required();
    protect->callback([p, on, &o] {
      order(o, "/v1/asg/instance", Json{{"id", p->first}, {"protected", on}});
    });
  }
  for (const bool on : {true, false}) {
    const auto s = std::make_shared<Words>();
    CLI::App* sub = part(asg, on ? "standby" : "in-service",
                         on ? "take an instance out of service, unchecked" : "and back");
    sub->add_option("ID", s->first, "instance")->required();
    if (on) sub->add_flag("--decrement", s->flag, "and launch no other in its place");
    sub->callback([s, on, &o] {
      order(o, "/v1/asg/instance", Json{{"id", s->first}, {"standby", on}, {"decrement", s->flag}});
    });
  }
  const auto t = std::make_shared<Words>();
  CLI::App* end = part(asg, "terminate", "end one instance of the group");
  end->add_option("ID", t->first, "instance")->required();
  end->add_flag("--decrement", t->flag, "and do not replace it");
  end->callback([t, &o] {
    order(o, "/v1/asg/instance",
          Json{{"id", t->first}, {"terminate", true}, {"decrement", t->flag}});
  });
  const auto u = std::make_shared<Words>();
  CLI::App* unhealthy = part(asg, "unhealthy", "declare an instance unhealthy: it is replaced");
  unhealthy->add_option("ID", u->first, "instance")->required();
  unhealthy->callback([u, &o] {
    order(o, "/v1/asg/instance", Json{{"id", u->first}, {"healthy", false}});
  });
}

// Makes a path absolute, because the orchestrator has another working folder.
std::string program_path(const std::string& text) {
  if (text.find('/') == std::string::npos) return text;
  std::error_code failed;
  const auto whole = std::filesystem::absolute(text, failed);
  return failed ? text : whole.lexically_normal().string();
}

void add_deploy(CLI::App& app, Options& o) {
  const auto w = std::make_shared<Words>();
  CLI::App* sub =
      app.add_subcommand("deploy", "roll out a new version by an instance refresh");
  sub->add_option("TIER", w->first, "web")->required()->check(CLI::IsMember({"web"}));
  sub->add_option("--env", w->env, "NAME=value for the new version; NAME= removes it");
  sub->add_option("--program", w->program, "another program (a path, or a name beside ours)");
  sub->add_option("--flag", w->flags, "a further flag of the program");
  sub->add_option("--min-healthy", w->low, "percent of the desired capacity, default 100");
  sub->add_option("--max-healthy", w->high, "percent of the desired capacity, default 120");
  sub->add_flag("--no-rollback", w->flag, "do not roll back after a failure");
  sub->add_flag("--wait", o.follow, "wait until it has ended; exit code 1 when it failed");
  sub->add_flag("--json", o.json, "for programs");
  sub->add_option("--name", o.name, "name of the cluster");
  sub->footer(
      "\nExamples:\n  multiaz deploy web --env SHOP_BANNER=Sale --wait\n"
      "  multiaz deploy web --program ./webnode-new --max-healthy 150");
  sub->callback([w, &o] {
    Json body;
    body["env"] = Json::object();
    for (const std::string& text : w->env) {
      const size_t equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw CLI::ValidationError("--env", "'" + text + "' is not like NAME=value");
      }
      const std::string value = text.substr(equals + 1);
      body["env"][text.substr(0, equals)] = value.empty() ? Json() : Json(value);
    }
    if (!w->program.empty()) body["program"] = program_path(w->program);
    body["flags"] = w->flags;
    put(body, "min_healthy_percent", w->low);
    put(body, "max_healthy_percent", w->high);
    body["auto_rollback"] = !w->flag;
    order(o, "/v1/deploy", body);
    o.verb = "deploy";
  });
  const auto r = std::make_shared<Words>();
  CLI::App* refresh = app.add_subcommand("refresh", "cancel a deployment, or roll it back");
  refresh->add_option("ACTION", r->first, "cancel or rollback")
      ->required()
      ->check(CLI::IsMember({"cancel", "rollback"}));
  refresh->add_option("--name", o.name, "name of the cluster");
  refresh->callback([r, &o] { order(o, "/v1/refresh", Json{{"action", r->first}}); });
}

}  // namespace

void add_asg_words(CLI::App& app, Options& o) {
  const auto w = std::make_shared<Words>();
  CLI::App* scale = app.add_subcommand("scale", "set how many web instances there are");
  scale->add_option("CAPACITY", w->list, "web=9")->required()->expected(1);
  add_bounds(scale, w);
  scale->add_flag("--wait", o.follow, "wait until they are in service");
  scale->add_option("--name", o.name, "name of the cluster");
  scale->callback([w, &o] {
    Json body;
    body["desired"] = capacity_of(w->list.front());
    put(body, "min", w->min);
    put(body, "max", w->max);
    order(o, "/v1/asg", body);
    o.verb = "scale";
  });

  CLI::App* asg = app.add_subcommand("asg", "the Auto Scaling group of the web tier");
  asg->add_option("--name", o.name, "name of the cluster");
  asg->add_flag("--json", o.json, "for programs");
  asg->require_subcommand(0, 1);
  asg->fallthrough();
  asg->preparse_callback([&o](size_t) { o.verb = "asg"; });
  const auto s = std::make_shared<Words>();
  CLI::App* set = part(asg, "set", "change bounds, capacity or termination policy");
  set->add_option("--desired", s->desired, "so many instances");
  add_bounds(set, s);
  set->add_option("--termination-policy", s->termination,
                  "Default, OldestInstance, NewestInstance");
  set->callback([s, &o] {
    Json body = Json::object();
    put(body, "min", s->min);
    put(body, "desired", s->desired);
    put(body, "max", s->max);
    if (!s->termination.empty()) body["termination_policy"] = s->termination;
    order(o, "/v1/asg", body);
  });
  add_policy(asg, o);
  add_schedule(asg, o);
  add_hooks(asg, o);
  add_instances(asg, o);
  add_deploy(app, o);
}

}  // namespace multiaz::cli
