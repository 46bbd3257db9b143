// Parts of the command line that have files of their own. Only files that define words include it.
#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace multiaz::cli {

void add_asg_words(CLI::App& app, Options& o);  // scale asg deploy refresh
void add_sg_words(CLI::App& app, Options& o);   // sg
void add_replica_words(CLI::App& app, Options& o);
void add_snapshot_words(CLI::App& app, Options& o);
void add_ca_words(CLI::App& app, Options& o);  // ca
void add_dns_words(CLI::App& app, Options& o);  // dns
void add_lb_words(CLI::App& app, Options& o);   // lb

std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace multiaz::cli
