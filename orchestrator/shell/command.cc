#include "orchestrator/shell/command.h"

#include <sys/stat.h>

namespace multiaz::orchestrator {

namespace {

// A foreign program gets everything by its environment, as in a twelve-factor app.
void command_foreign(const PlannedInstance& planned, wire::Spawn& spawn) {
  spawn.argv = {planned.program};
  spawn.argv.insert(spawn.argv.end(), planned.flags.begin(), planned.flags.end());
  spawn.env["PORT"] = std::to_string(planned.port);
  spawn.env["HOST"] = planned.address;
  spawn.env["INSTANCE_ID"] = planned.id;
  spawn.env["ZONE"] = planned.zone;
}

void set_limits(const Plan& plan, const PlannedInstance& planned, wire::Spawn& spawn) {
  const auto limits = plan.limits.find(planned.tier);
  if (limits == plan.limits.end()) return;
  spawn.cpu_percent = limits->second.cpu_percent;
  spawn.memory_mb = limits->second.memory_mb;
}

// Such an instance may be several processes, which the supervisor keeps as one
// (supervisor/keeper.h).
bool is_kept(const PlannedInstance& planned) {
  return planned.foreign || planned.program.starts_with('/');
}

}  // namespace

Result<wire::Spawn> command_of(const Plan& plan, const Secrets& secrets, const Folders& folders,
                               const std::string& id, uint64_t launch) {
  const PlannedInstance& planned = *plan.instance(id);
  const PlannedEndpoint* control = plan.endpoint("control");
  wire::Spawn spawn;
  spawn.id = planned.id;
  spawn.launch = launch;
  spawn.log_path = folders.run + "/logs/" + planned.id + ".log";
  spawn.cwd = planned.cwd.empty() ? folders.run : planned.cwd;
  set_limits(plan, planned, spawn);
  for (const auto& [name, text] : planned.env) {
    const auto value = fill_in(secrets, text);
    if (!value) return value.error();
    spawn.env[name] = *value;
  }
  // It is not known which processes a foreign program starts.
  spawn.kept = is_kept(planned);
  if (planned.foreign) {
    command_foreign(planned, spawn);
    return spawn;
  }
  // The program is a file in the project's folder of binaries, or the path of a user's program (a
  // deployment).
  const bool path = planned.program.starts_with('/');
  spawn.argv = {path ? planned.program : folders.bin + "/" + planned.program,
                "--id",
                planned.id,
                "--zone",
                planned.zone,
                "--address",
                planned.address,
                "--control",
                control->address + ":" + std::to_string(control->port),
                "--launch",
                std::to_string(launch)};
  if (planned.keeps_data) {
    const std::string data = folders.run + "/data/" + planned.id;
    mkdir((folders.run + "/data").c_str(), 0700);
    mkdir(data.c_str(), 0700);
    spawn.argv.insert(spawn.argv.end(), {"--data", data});
  }
  spawn.argv.insert(spawn.argv.end(), planned.flags.begin(), planned.flags.end());
  for (const std::string& name : planned.listen) {
    if (plan.endpoint(name)) spawn.listen.push_back(name);  // an optional endpoint may be absent
  }
  spawn.env["MULTIAZ_CLUSTER"] = secrets.cluster_id;
  spawn.env["MULTIAZ_KEY"] = secrets.key;
  for (const std::string& name : planned.secrets) {
    const auto value = fill_in(secrets, "${" + name + "}");
    if (!value) return value.error();
    spawn.env[environment_name(name)] = *value;
  }
  return spawn;
}

}  // namespace multiaz::orchestrator
