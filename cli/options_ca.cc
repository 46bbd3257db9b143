// The words of `ca`.
#include <CLI/CLI.hpp>

#include "cli/options_parts.h"

namespace multiaz::cli {

void add_ca_words(CLI::App& app, Options& o) {
  CLI::App* ca = app.add_subcommand("ca", "the certificate authority: its path, how to trust it");
  ca->add_flag("--json", o.json, "for programs");
  ca->add_flag("--print", o.env, "print the certificate itself (PEM)");
  ca->require_subcommand(0, 1);
  ca->fallthrough();
  ca->preparse_callback([&o](size_t) { o.verb = "ca"; });
  CLI::App* issue = ca->add_subcommand("issue", "a certificate for servers of your own");
  issue->add_option("NAMES", o.rest, "names below .test, localhost, addresses of 127.0.0.0/8")
      ->required();
  issue->add_option("--out", o.to, "folder for NAME.pem and NAME-key.pem; default: this one");
  issue->callback([&o] { o.direction = "issue"; });
  issue->footer("\nExample: multiaz ca issue www.test '*.www.test' 127.0.0.1 --out certificates");
}

}  // namespace multiaz::cli
