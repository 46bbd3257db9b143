#include "orchestrator/plan/cluster_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/core/jsonio.h"
#include "base/core/paths.h"
#include "base/core/toml.h"

namespace multiaz::orchestrator {

namespace {

nlohmann::json json_of(const toml::node& node) {
  nlohmann::json out;
  if (const toml::table* table = node.as_table()) {
    out = nlohmann::json::object();
    for (const auto& [key, value] : *table) out[std::string(key.str())] = json_of(value);
  } else if (const toml::array* array = node.as_array()) {
    out = nlohmann::json::array();
    for (const toml::node& item : *array) out.push_back(json_of(item));
  } else if (const auto* text = node.as_string()) {
    out = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    out = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    out = flag->get();
  }
  return out;  // null for a date or a time, which no key takes
}

class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  Result<Config> read(const std::string& text) {
    const toml::parse_result parsed = toml::parse(text, name_);
    if (!parsed) {
      problem(parsed.error().source(), std::string(parsed.error().description()));
      return failure();
    }
    const toml::table& root = parsed.table();
    for (const auto& [key, node] : root) read_section(std::string(key.str()), node);
    if (!balancer_.empty()) config_.balancer = jsonio::dump(balancer_);
    for (const ConfigProblem& one : check_config(config_)) {
      problem(source_of(root, one.place()), one.place() + ": " + one.text);
    }
    if (!problems_.empty()) return failure();
    return config_;
  }

 private:
  void problem(const toml::source_region& at, const std::string& text) {
    const std::string line = at.begin.line ? ":" + std::to_string(at.begin.line) : "";
    problems_.emplace(at.begin.line, name_ + line + ": " + text);
  }
  // Where the file says it, or the nearest that is around it: a key may be missing, or have dots.
  static const toml::source_region& source_of(const toml::table& root, std::string place) {
    while (!place.empty()) {
      const toml::node* at = root.at_path(place).node();
      if (at) return at->source();
      const size_t end = place.find_last_of(".[");
      place.resize(end == std::string::npos ? 0 : end);
    }
    return root.source();
  }
  [[nodiscard]] Error failure() const {
    std::string all;
    for (const auto& [line, text] : problems_) all += (all.empty() ? "" : "\n") + text;
    return Error(Code::kInvalid, all);
  }

  static std::string list(const std::vector<std::string_view>& words) {
    std::string out;
    for (const std::string_view word : words) {
      out += (out.empty() ? "" : ", ") + std::string(word);
    }
    return out;
  }

  void unknown(const toml::node& node, const std::string& what, const std::string& word,
               const std::string& where, const std::vector<std::string_view>& known) {
    const std::string near = nearest(word, known);
    problem(node.source(), "unknown " + what +
                               (near.empty() ? "" : "; did you mean \"" + near + "\"?") + " " +
                               where + " " + list(known));
  }

  void read_section(const std::string& section, const toml::node& node) {
    if (section == "target_group" || section == "listener" || section == "rule") {
      balancer_[section] = json_of(node);
      return;
    }
    std::vector<std::string_view> sections;
    std::vector<std::string_view> keys;
    for (const ConfigKey& key : config_keys()) {
      if (sections.empty() || sections.back() != key.section) sections.push_back(key.section);
      if (key.section == section) keys.push_back(key.key);
    }
    if (keys.empty()) {
      unknown(node, node.is_table() ? "section [" + section + "]" : "key \"" + section + "\"",
              section, "the sections are", sections);
      return;
    }
    const toml::table* table = node.as_table();
    if (!table) {
      problem(node.source(), "\"" + section + "\" is a section: write [" + section + "]");
      return;
    }
    for (const auto& [key, value] : *table) {
      read_key(section, std::string(key.str()), value, keys);
    }
  }

  void read_key(const std::string& section, const std::string& key, const toml::node& value,
                const std::vector<std::string_view>& known) {
    if (key == "attributes" && (section == "lb" || section == "web")) {
      balancer_[section + ".attributes"] = json_of(value);
      return;
    }
    for (const ConfigKey& one : config_keys()) {
      if (one.section != section || one.key != key) continue;
      const Status set = set_value(one, value);
      if (!set) problem(value.source(), set.error().detail);
      return;
    }
    unknown(value, "key \"" + key + "\" in [" + section + "]", key, "[" + section + "] takes",
            known);
  }

  Status set_value(const ConfigKey& key, const toml::node& value) {
    if (const auto* integer = value.as_integer()) return set_integer(key, integer->get(), config_);
    if (const auto* boolean = value.as_boolean()) return set_bool(key, boolean->get(), config_);
    if (const auto* list = value.as_array()) {
      std::vector<std::string> texts;
      for (const toml::node& one : *list) {
        const auto* text = one.as_string();
        if (!text) return set_texts(key, {}, config_);
        texts.push_back(text->get());
      }
      return set_texts(key, std::move(texts), config_);
    }
    if (const auto* text = value.as_string()) return set_text(key, text->get(), config_);
    return Error(Code::kInvalid, std::string(key.section) + "." + std::string(key.key) + " takes " +
                                     allowed_values(key));
  }

  std::string name_;
  Config config_;
  nlohmann::json balancer_;
  std::multimap<uint32_t, std::string> problems_;  // by line
};

// Finds a program as a shell would: by its path, or in PATH.
Result<std::string> find_program(const std::string& name, const std::filesystem::path& folder) {
  if (name.find('/') != std::string::npos) {
    const std::string path = (folder / name).lexically_normal().string();
    if (access(path.c_str(), X_OK) == 0) return path;
    return Error(Code::kInvalid, path + " is no program that may be run");
  }
  const char* all = std::getenv("PATH");
  std::istringstream paths(all ? all : "/usr/bin:/bin");
  for (std::string one; std::getline(paths, one, ':');) {
    const std::string path = one + "/" + name;
    if (!one.empty() && access(path.c_str(), X_OK) == 0) return path;
  }
  return Error(Code::kInvalid, "there is no program '" + name + "' in PATH");
}

}  // namespace

Result<Config> parse_cluster_file(const std::string& text, const std::string& name) {
  return Reader(name).read(text);
}

Result<Config> read_cluster_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return Error(Code::kIo, path + ": " + strerror(errno));
  std::string text(kClusterFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return Error(Code::kIo, path + ": " + strerror(errno));
  if (text.size() > kClusterFileBytesMax) return Error(Code::kLimit, path + ": more than 1 MiB");
  auto config = parse_cluster_file(text, path);
  if (!config) return config;
  // Paths in the file are relative to the folder of the file.
  const auto folder = absolute_path(path).parent_path();
  for (std::string* one : {&config->db_snapshot, &config->cache_snapshot}) {
    if (!one->empty()) *one = (folder / *one).lexically_normal().string();
  }
  config->folder = folder.string();
  if (config->web_command.empty()) return config;
  auto program = find_program(config->web_command.front(), folder);
  if (!program) return Error(Code::kInvalid, path + ": web.command: " + program.error().detail);
  config->web_command.front() = std::move(*program);
  return config;
}

}  // namespace multiaz::orchestrator
