// The load balancers' document: the words of the command line, and how it is shown and replaced.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "cli/answer.h"
#include "cli/options_parts.h"
#include "cli/remote.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

constexpr size_t kDocumentBytesMax = 1 << 20;

Result<nlohmann::json> read_document(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return Error(Code::kInvalid, path + ": " + std::strerror(errno));
  std::string text(kDocumentBytesMax, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  auto read = jsonio::parse_object(text);
  if (!read) return Error(Code::kInvalid, path + ": " + read.error().detail);
  return read;
}

}  // namespace

void add_lb_words(CLI::App& app, Options& o) {
  CLI::App* lb = app.add_subcommand("lb", "target groups, listeners and rules of the balancers");
  lb->add_option("--name", o.name, "name of the cluster");
  lb->require_subcommand(0, 1);
  lb->fallthrough();
  lb->preparse_callback([&o](size_t) { o.verb = "lb"; });
  lb->add_subcommand("show", "the document in force, as JSON (the default)");
  CLI::App* set = lb->add_subcommand("set", "replace it; requests in flight are not disturbed");
  set->add_option("FILE", o.file, "a document as `show` prints it")->required();
  lb->footer(
      "\nExample:\n  multiaz lb show >lb.json; edit lb.json; multiaz lb set lb.json\n"
      "The keys are those of AWS's elbv2: docs/load-balancer.md");
}

rt::Task<int> verb_lb(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  if (options.file.empty()) {
    const auto text = co_await remote.get("/v1/lb");
    if (!text) co_return exit_code_of(text.error());
    const auto document = object_of(*text);
    if (!document) co_return complain(document.error());
    print(jsonio::dump(*document, 2) + "\n");
    co_return kExitOk;
  }
  const auto document = read_document(options.file);
  if (!document) co_return complain(document.error());
  nlohmann::json body;
  body["document"] = *document;
  const auto done = co_await remote.call("/v1/lb", &body);
  if (!done) co_return exit_code_of(done.error());
  print("the load balancers have the new document\n");
  co_return kExitOk;
}

}  // namespace multiaz::cli
