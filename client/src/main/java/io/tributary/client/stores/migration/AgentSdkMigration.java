package io.tributary.client.stores.migration;

import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.Steps;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes what the npm package effect-claude-agent-sdk left in files into event logs of journaled stores.
 * Entries of its journals keep their ids and payloads, so that they are the same entries if that package
 * syncs them too; what only its rows have gets ids that follow from what it is. It may be repeated, with
 * the same or another replica: nothing is there twice. The files stay as they are, and are not to be
 * written meanwhile.
 */
public final class AgentSdkMigration {
  private static final int MAX_PAYLOAD = 64 << 20;

  private final AgentSdkFiles files;
  private final List<EventLog> logs;
  private final boolean dryRun;
  private final SdkCursor cursor;
  private final Map<EventLog, MigrationCounts> counts = new LinkedHashMap<>();

  private AgentSdkMigration(
      AgentSdkFiles files, List<EventLog> logs, boolean purgedToo, boolean dryRun) {
    this.files = files;
    this.logs = List.copyOf(logs);
    this.dryRun = dryRun;
    cursor = new SdkCursor(files, this.logs, MAX_PAYLOAD, purgedToo);
    this.logs.forEach(log -> counts.put(log, MigrationCounts.NONE));
  }

  /**
   * Migrates. Stores on these event logs show what came when they are asked next.
   *
   * @param vertx files are read on its worker threads
   * @param logs each event goes to the first that knows it
   * @param purgedToo whether messages are to come back whose sessions were purged there
   * @param dryRun whether only to tell what would become of them
   * @return fails with {@link MigrationException} if the journals are too large, with {@code IOException}
   *     within an {@code UncheckedIOException} if the directory can't be read, and with what an event log
   *     fails with; what was migrated until then stays
   */
  public static Future<AgentSdkReport> run(
      Vertx vertx, AgentSdkFiles files, List<EventLog> logs, boolean purgedToo, boolean dryRun) {
    AgentSdkMigration migration = new AgentSdkMigration(files, logs, purgedToo, dryRun);
    return Steps.repeat(() -> vertx
            .executeBlocking(migration.cursor::next)
            .compose(migration::take)
            .map(taken -> !migration.cursor.isDone()))
        .map(done -> migration.report())
        .eventually(() -> vertx.executeBlocking(() -> {
          migration.close();
          return null;
        }));
  }

  private void close() throws IOException {
    cursor.close();
  }

  private Future<Void> take(Map<EventLog, List<Entry>> batch) {
    return Steps.each(batch.entrySet(), its -> take(its.getKey(), its.getValue()));
  }

  private Future<Void> take(EventLog log, List<Entry> entries) {
    return log.adopt(entries, dryRun)
        .map(adoption -> {
          add(log, MigrationCounts.of(adoption));
          return (Void) null;
        })
        .recover(cause -> {
          if (!(cause instanceof PayloadException)) {
            return Future.failedFuture(cause);
          }
          if (entries.size() > 1) {
            return Steps.each(entries, entry -> take(log, List.of(entry)));
          }
          cursor.list("entry " + entries.get(0).id());
          add(log, MigrationCounts.UNREADABLE);
          return Future.succeededFuture();
        });
  }

  private void add(EventLog log, MigrationCounts more) {
    counts.merge(log, more, MigrationCounts::plus);
  }

  private AgentSdkReport report() {
    Map<String, MigrationCounts> stores = new LinkedHashMap<>();
    counts.forEach((log, its) -> {
      long unreadable = cursor.unreadable(log);
      stores.put(log.name(), its.plus(new MigrationCounts(unreadable, 0, 0, unreadable)));
    });
    return new AgentSdkReport(
        stores,
        cursor.ignored(),
        cursor.purged(),
        cursor.damaged(),
        cursor.listed(),
        files.identities());
  }
}
