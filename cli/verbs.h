// The verbs of the command line; the table is in main.cc. Each returns the exit code.
#pragma once

#include <string>

#include "base/core/result.h"
#include "base/rt/task.h"
#include "cli/exit_codes.h"
#include "cli/options.h"

namespace multiaz::cli {

// --- up.cc, down.cc, doctor.cc
rt::Task<int> verb_up(Options options);
rt::Task<int> verb_down(Options options);
rt::Task<int> verb_doctor(Options options);
// --- read.cc
rt::Task<int> verb_ps(Options options);
rt::Task<int> verb_endpoints(Options options);
rt::Task<int> verb_describe(Options options);
rt::Task<int> verb_health(Options options);
rt::Task<int> verb_groups(Options options);
rt::Task<int> verb_faults(Options options);
rt::Task<int> verb_stats(Options options);
rt::Task<int> verb_dns(Options options);
rt::Task<int> verb_sg(Options options);
rt::Task<int> verb_lb(Options options);
// --- events.cc, logs.cc
rt::Task<int> verb_events(Options options);
rt::Task<int> verb_logs(Options options);
// --- orders.cc
rt::Task<int> verb_signal(Options options);  // kill stop cont restart
rt::Task<int> verb_failover(Options options);
rt::Task<int> verb_fault(Options options);
rt::Task<int> verb_heal(Options options);
rt::Task<int> verb_zone(Options options);
// --- asg.cc
rt::Task<int> verb_asg(Options options);
rt::Task<int> verb_scale(Options options);
rt::Task<int> verb_deploy(Options options);
rt::Task<int> verb_order(Options options);  // any order that is answered with "ok"
// --- snapshot.cc
rt::Task<int> verb_snapshot(Options options);
// --- ca.cc
rt::Task<int> verb_ca(Options options);
// --- siblings.cc: verbs that become another program of the same folder
rt::Task<int> verb_sibling(Options options);  // demo chaos sim
rt::Task<int> verb_plan(Options options);

// Prints "multiaz: TEXT" and returns the exit code that fits the error.
int complain(const Error& error);
// The exit code for an order that was refused (254) or not carried out (4).
int exit_code_of(const Error& error);
void print(const std::string& text);
// The folder of this program, where the daemons are.
std::string bin_folder();

}  // namespace multiaz::cli
