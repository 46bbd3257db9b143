#include "chaos/experiment/books.h"

#include <cstdio>

namespace multiaz::chaos {

rt::Task<void> open_books(Cluster& cluster, RunRecord& record) {
  auto roster = co_await cluster.control().roster();
  if (roster) {
    record.roster = std::move(*roster);
  } else {
    std::fprintf(stderr, "who is planned is not known: %s\n", roster.error().text().c_str());
  }
  record.stock = co_await read_stock(cluster);
  record.stock.initial = record.stock.left + record.stock.ordered;
}

rt::Task<void> read_books(Cluster& cluster, const Shoppers& shoppers, RunRecord& record) {
  const Workload& load = record.scenario.workload;
  if (load.shoppers + load.arrivals_per_s > 0) {
    record.reading = co_await read_everything(shoppers);
  }
  if (load.shoppers > 0) record.shown = co_await read_shown(cluster);
  record.stale_reads = shoppers.findings();
  record.requests = shoppers.timeline().all();
}

rt::Task<void> close_books(Cluster& cluster, Events& events, RunRecord& record) {
  record.members = co_await read_members(cluster, record.roster);
  StockEnd end = co_await read_stock(cluster);
  end.initial = record.stock.initial;
  end.known = end.known && record.stock.known;
  record.stock = end;
  co_await events.catch_up();
  record.events = events.all();
  record.residue = co_await read_residue(cluster);
  record.alarms = read_alarms(cluster.facts().run_dir, record.logs_read);
}

}  // namespace multiaz::chaos
