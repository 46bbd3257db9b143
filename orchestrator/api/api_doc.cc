#include "orchestrator/api/api_doc.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/core/jsonio.h"
#include "base/faults/words.h"
#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

using Doc = nlohmann::ordered_json;

// One route. `fields` has lines "name type words"; "!" after the name makes the field required. For
// a GET they are parameters of the query, for a POST the keys of the JSON body.
struct DocRoute {
  const char* method;
  const char* path;
  const char* summary;
  const char* fields;
  const char* answer;  // media type
};

constexpr const char* kJson = "application/json";
constexpr const char* kLines = "application/x-ndjson";
constexpr const char* kTarget = "target! string an instance, role, tier, zone or any:TIER";

constexpr DocRoute kDocs[] = {
    {"GET", "/v1/instances", "All instances", "", kJson},
    {"GET", "/v1/instances/:id", "One instance with its counters", "", kJson},
    {"GET", "/v1/endpoints", "URLs for ordinary clients, passwords included (token)", "", kJson},
    {"GET", "/v1/events", "Events, one JSON object a line",
     "since integer only those after this number\nfollow boolean go on as they come", kLines},
    {"GET", "/v1/stream", "Server-sent events: event, topology, metrics",
     "since integer events after this number", "text/event-stream"},
    {"GET", "/v1/plan", "The plan as it is now", "", kJson},
    {"GET", "/v1/health", "Is every role filled and in sync?", "", kJson},
    {"GET", "/v1/groups", "Views and members of the replication groups", "", kJson},
    {"GET", "/v1/cluster", "Name, processes and zones", "", kJson},
    {"GET", "/v1/faults", "Link faults in place", "", kJson},
    {"GET", "/v1/resolve", "The instances that a target means", kTarget, kJson},
    {"GET", "/v1/asg", "The Auto Scaling group", "", kJson},
    {"GET", "/v1/dns", "Records and health checks that were added", "", kJson},
    {"GET", "/v1/sg", "Security groups, members and rules", "", kJson},
    {"GET", "/v1/sg/check", "May FROM connect to a port of TO?",
     "from! string an instance, tier, address or internet\nto! string an instance or tier\n"
     "port! integer the port",
     kJson},
    {"GET", "/v1/lb", "The load balancers' document: target groups, listeners, rules, attributes",
     "", kJson},
    {"GET", "/v1/databases", "Members of db and cache in the words of RDS and ElastiCache", "",
     kJson},
    {"GET", "/v1/snapshots", "Snapshots and their schedules", "", kJson},
    {"GET", "/v1/openapi.json", "This document", "", kJson},
    {"GET", "/metrics", "Prometheus text of every daemon", "", "text/plain"},
    {"POST", "/v1/kill", "SIGKILL", kTarget, kJson},
    {"POST", "/v1/stop", "SIGSTOP", kTarget, kJson},
    {"POST", "/v1/cont", "SIGCONT", kTarget, kJson},
    {"POST", "/v1/restart", "End in order and start again", kTarget, kJson},
    {"POST", "/v1/zone", "A zone as one",
     "zone! string az-a, ...\naction string down, up, shift, unshift, cut, slow or heal\n"
     "delay_ms integer of slow\n"
     "down boolean the same as action down or up\nfor_ms integer so long; none = until ordered",
     kJson},
    {"POST", "/v1/fault", "A fault of links, or inside processes",
     "kind! string see `multiaz fault --help`\n"
     "a! string one end, or the processes: a target\n"
     "b string the other end, of links\nfor_ms integer it heals by itself then\n"
     "delay_ms integer by kind\njitter_ms integer by kind\namount integer by kind\n"
     "percent integer by kind\npoint string by kind\n"
     "owner string who asks",
     kJson},
    {"POST", "/v1/heal", "End link faults", "id string one fault; none = all", kJson},
    {"POST", "/v1/failover", "Hand the primary's role over, in order",
     "group! string db or cache\nto string the next primary\n"
     "force boolean although it may lack acknowledged writes, when no in-sync member lives",
     kJson},
    {"POST", "/v1/replica", "Add, remove or promote a replica",
     "action! string add, remove or promote\ngroup string db or cache, of add\n"
     "zone string of add; none = the one with the fewest\nid string of remove and promote",
     kJson},
    {"POST", "/v1/modify", "A setting of all members of a group, one after another",
     "group! string db or cache\nkey! string size_mb of db, memory_mb of cache\n"
     "value! integer the new value",
     kJson},
    {"POST", "/v1/snapshot",
     "Take, delete, restore or export a snapshot, or take them on a schedule",
     "action! string create, delete, restore, export or schedule\n"
     "group string db or cache, of create and schedule\nname string a snapshot's; of create: "
     "none = one is made up\nfolder string of export, an absolute path\n"
     "every_ms integer of schedule, 0 = off\nkeep integer of schedule, 1 to 35",
     kJson},
    {"POST", "/v1/down", "End the cluster", "", kJson},
    {"POST", "/v1/asg", "Bounds, capacity, termination policy",
     "min integer never fewer\ndesired integer so many\nmax integer never more\n"
     "termination_policy string Default, OldestInstance or NewestInstance",
     kJson},
    {"POST", "/v1/asg/policy", "Add, change or delete a scaling policy",
     "name string its name\ntype string target-tracking, step or simple\n"
     "metric string cpu or requests\ntarget number target or threshold\n"
     "disable_scale_in boolean target tracking: only out\nbelow boolean alarm below\n"
     "adjustment_type string ChangeInCapacity, ExactCapacity, PercentChangeInCapacity\n"
     "min_adjustment integer of percentages\ncooldown_ms integer of simple\n"
     "steps array of lower, upper, adjustment\ndelete string a policy's name",
     kJson},
    {"POST", "/v1/asg/schedule", "Add, change or delete a scheduled action",
     "name string its name\nin_ms integer from now\nat_ms integer milliseconds since 1970\n"
     "every_ms integer and again\ncron string five fields in UTC instead of in_ms, at_ms\n"
     "min integer bound\ndesired integer capacity\n"
     "max integer bound\ndelete string a scheduled action's name",
     kJson},
    {"POST", "/v1/asg/hook", "Add, change or delete a lifecycle hook",
     "name string its name\ntransition string launching or terminating\n"
     "heartbeat_ms integer they wait so long\ndefault_result string CONTINUE or ABANDON\n"
     "delete string a hook's name",
     kJson},
    {"POST", "/v1/asg/lifecycle", "Complete a lifecycle action",
     "id! string instance\nresult string CONTINUE or ABANDON", kJson},
    {"POST", "/v1/asg/process", "Suspend or resume a process of the group",
     "process! string Launch, Terminate, ...\nsuspended boolean default true", kJson},
    {"POST", "/v1/asg/instance", "Protect, terminate or condemn one instance",
     "id! string instance\nprotected boolean from scale-in\n"
     "standby boolean out of service and unchecked, or back\n"
     "terminate boolean end it\n"
     "decrement boolean and do not replace it\nhealthy boolean false: replace it",
     kJson},
    {"POST", "/v1/deploy", "A new launch template version and an instance refresh to it",
     "program string a path, or a name beside ours\nflags array further flags\n"
     "env object name: value, or null to remove it\nmin_healthy_percent integer 0-100\n"
     "max_healthy_percent integer 100-200\nauto_rollback boolean default true\n"
     "target string web",
     kJson},
    {"POST", "/v1/refresh", "Cancel an instance refresh or roll it back",
     "action! string cancel or rollback", kJson},
    {"POST", "/v1/dns", "Add or remove record sets and health checks",
     "record object name, type, ttl_s, values, alias, policy, ...\n"
     "check object id, type, address, port, path, ...\n"
     "delete_record object name, type, set_identifier\ndelete_check string id",
     kJson},
    {"POST", "/v1/lb", "Replace the load balancers' document",
     "document! object Attributes, TargetGroups, Listeners and Rules, as GET answers them", kJson},
    {"POST", "/v1/sg", "Authorize or revoke a rule",
     "action! string authorize or revoke\ngroup! string sg-cache, ...\n"
     "source! string a group or a block\nport integer first port\nport_high integer last port\n"
     "why string a note",
     kJson},
};

struct DocField {
  std::string name, type, words;
  bool required = false;
};

std::vector<DocField> fields_of(const char* text) {
  std::vector<DocField> out;
  std::string rest(text);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string line = rest.substr(0, end);
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
    const size_t first = line.find(' '), second = line.find(' ', first + 1);
    DocField field;
    field.name = line.substr(0, first);
    field.type = line.substr(first + 1, second - first - 1);
    field.words = line.substr(second + 1);
    field.required = field.name.back() == '!';
    if (field.required) field.name.pop_back();
    out.push_back(std::move(field));
  }
  return out;
}

Doc schema_of(const DocField& field) {
  Doc out;
  out["type"] = field.type;
  if (field.type == "array") out["items"] = Doc::object();
  out["description"] = field.words;
  return out;
}

Doc parameter(const std::string& name, const char* where, bool required, Doc schema) {
  Doc out;
  out["name"] = name;
  out["in"] = where;
  out["required"] = required;
  out["schema"] = std::move(schema);
  return out;
}

void add_fields(const DocRoute& route, bool reads, Doc& out) {
  const std::vector<DocField> fields = fields_of(route.fields);
  if (reads) {
    for (const DocField& field : fields) {
      out["parameters"].push_back(parameter(field.name, "query", field.required, schema_of(field)));
    }
    return;
  }
  Doc body;
  body["type"] = "object";
  body["properties"] = Doc::object();
  for (const DocField& field : fields) {
    body["properties"][field.name] = schema_of(field);
    if (field.required) body["required"].push_back(field.name);
  }
  out["requestBody"]["content"][kJson]["schema"] = std::move(body);
}

// Adds what the table of kinds says: their names, and for each value the kinds that have it.
void describe_fault(Doc& operation) {
  Doc& fields = operation["requestBody"]["content"][kJson]["schema"]["properties"];
  std::map<std::string, std::string> words;  // by name of the value
  for (const FaultKind& kind : kFaultKinds) {
    if (kind.scope == FaultScope::kAct) continue;
    fields["kind"]["enum"].push_back(kind.name);
    for (const FaultParameter& one : kind.parameters) {
      if (one.name.empty()) continue;
      std::string& of = words[std::string(one.name)];
      of += (of.empty() ? "" : "; ") + std::string(kind.name) + " " + value_words(one);
    }
  }
  for (const auto& [name, text] : words) fields[name]["description"] = text;
}

Doc operation(const DocRoute& route) {
  Doc out;
  const bool reads = std::string_view(route.method) == "GET";
  out["summary"] = route.summary;
  std::string path(route.path);
  out["parameters"] = Doc::array();
  if (path.find(":id") != std::string::npos) {
    out["parameters"].push_back(parameter("id", "path", true, Doc{{"type", "string"}}));
  }
  add_fields(route, reads, out);
  if (path == "/v1/fault") describe_fault(out);
  if (!reads || path == "/v1/endpoints") {
    out["security"] = Doc::array({Doc{{"token", Doc::array()}}});
  }
  out["responses"]["200"]["description"] = "done";
  out["responses"]["200"]["content"][route.answer] = Doc::object();
  out["responses"]["default"]["description"] = "what was wrong, and what is allowed";
  out["responses"]["default"]["content"][kJson]["schema"]["$ref"] = "#/components/schemas/Error";
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> documented_routes() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const DocRoute& one : kDocs) out.emplace_back(one.method, one.path);
  return out;
}

std::string openapi_json() {
  Doc out;
  out["openapi"] = "3.0.3";
  out["info"]["title"] = "multiaz";
  out["info"]["version"] = "1";
  out["info"]["description"] =
      "The control plane of one cluster. Reading is free on this machine; the rest, and "
      "/v1/endpoints, need the token of RUN_DIR/token.";
  out["paths"] = Doc::object();
  for (const DocRoute& route : kDocs) {
    std::string path(route.path);
    const size_t id = path.find(":id");
    if (id != std::string::npos) path.replace(id, 3, "{id}");
    out["paths"][path][lower(route.method)] = operation(route);
  }
  out["components"]["securitySchemes"]["token"]["type"] = "http";
  out["components"]["securitySchemes"]["token"]["scheme"] = "bearer";
  Doc& error = out["components"]["schemas"]["Error"];
  error["type"] = "object";
  error["properties"]["error"]["type"] = "object";
  error["properties"]["error"]["properties"]["code"]["type"] = "string";
  error["properties"]["error"]["properties"]["message"]["type"] = "string";
  return jsonio::dump(out, 2) + "\n";
}

rt::Task<http::Response> get_openapi(Api&, http::Request) {
  co_return http::json_response(200, openapi_json());
}

}  // namespace multiaz::orchestrator
