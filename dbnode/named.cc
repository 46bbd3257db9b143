#include "dbnode/named.h"

#include <utility>

namespace multiaz::dbnode {

Failure no_statement(const std::string& name) {
  return make_error("26000", "prepared statement \"" + name + "\" does not exist");
}
Failure no_portal(const std::string& name) {
  return make_error("34000", "portal \"" + name + "\" does not exist");
}

Failure NamedStatements::check_room(const wire::pg::Parse& parse) const {
  if (parse.statement.empty()) return {};
  if (statements_.count(parse.statement)) {
    return make_error("42P05", "prepared statement \"" + parse.statement + "\" already exists");
  }
  if (statements_.size() >= kPreparedMax) {
    return make_error("54000", "too many prepared statements in one session");
  }
  size_t bytes = parse.sql.size();
  for (const auto& [name, kept] : statements_) bytes += kept->statement.sql.size();
  if (bytes > kPreparedBytesMax) {
    return make_error("54000", "the prepared statements of one session are too long");
  }
  return {};
}

void NamedStatements::keep(const std::string& name, std::shared_ptr<Prepared> statement) {
  statements_[name] = std::move(statement);
}

const std::shared_ptr<Prepared>* NamedStatements::find(const std::string& name) const {
  const auto it = statements_.find(name);
  return it == statements_.end() ? nullptr : &it->second;
}

Failure NamedPortals::make_room(const std::string& name) {
  if (name.empty()) {
    portals_.erase(name);
  } else if (portals_.count(name)) {
    return make_error("42P03", "portal \"" + name + "\" already exists");
  } else if (portals_.size() >= kPortalsMax) {
    return make_error("54000", "too many portals in one session");
  }
  return {};
}

void NamedPortals::keep(const std::string& name, std::unique_ptr<Portal> portal) {
  portals_[name] = std::move(portal);
}

Portal* NamedPortals::find(const std::string& name) const {
  const auto it = portals_.find(name);
  return it == portals_.end() ? nullptr : it->second.get();
}

std::unique_ptr<Portal> NamedPortals::take(const std::string& name) {
  const auto it = portals_.find(name);
  if (it == portals_.end()) return nullptr;
  std::unique_ptr<Portal> out = std::move(it->second);
  portals_.erase(it);
  return out;
}

}  // namespace multiaz::dbnode
