package io.tributary.client.stores.migration;

import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.artifact.ArtifactCursor;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.audit.AuditEventStore;
import io.tributary.client.stores.audit.AuditQuery;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.core.eventlog.PayloadException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Migrates one store into another, which may be of another kind: plain, journaled, in another storage.
 * The one it comes from is only read. What is migrated gets ids that follow from what it is, so that a
 * migration may be repeated: when it failed, when there is more, or by another replica with the same
 * source; nothing is there twice.
 *
 * <p>A few pages are in memory at a time. Futures fail with what the stores fail with; what was migrated
 * until then stays.
 */
public final class StoreMigration {
  private static final int SESSIONS = 256;
  private static final int PAGE = 64;

  private StoreMigration() {}

  /** Migrates conversations; see {@link #migrate(ChatHistoryStore, ChatHistoryStore, boolean, Consumer)}. */
  public static Future<MigrationCounts> migrate(
      ChatHistoryStore from, ChatHistoryStore to, boolean dryRun) {
    return migrate(from, to, dryRun, counts -> {});
  }

  /**
   * Migrates conversations: messages keep their sequences, times and sources.
   *
   * @param dryRun whether only to tell what would become of them
   * @param progress told of the counts so far after each page; must not block
   */
  public static Future<MigrationCounts> migrate(
      ChatHistoryStore from,
      ChatHistoryStore to,
      boolean dryRun,
      Consumer<MigrationCounts> progress) {
    different(from, to);
    Tally tally = new Tally(progress);
    return eachSession(from::sessions, session -> {
          ChatQuery[] next = {ChatQuery.FIRST.limit(PAGE)};
          return Steps.repeat(() -> from.list(session, next[0]).compose(page -> {
            if (page.isEmpty()) {
              return Future.succeededFuture(false);
            }
            long last = page.get(page.size() - 1).sequence();
            next[0] = next[0].between(last + 1, Long.MAX_VALUE);
            return tally
                .take(sequences(page), some -> to.adopt(some, dryRun))
                .map(last < Long.MAX_VALUE);
          }));
        })
        .map(done -> tally.counts);
  }

  /** Migrates artifacts; see {@link #migrate(ArtifactStore, ArtifactStore, boolean, Consumer)}. */
  public static Future<MigrationCounts> migrate(
      ArtifactStore from, ArtifactStore to, boolean dryRun) {
    return migrate(from, to, dryRun, counts -> {});
  }

  /**
   * Migrates artifacts: they keep their times, and what the target has or deleted later stands.
   *
   * @param dryRun whether only to tell what would become of them
   * @param progress told of the counts so far after each artifact; must not block
   */
  public static Future<MigrationCounts> migrate(
      ArtifactStore from, ArtifactStore to, boolean dryRun, Consumer<MigrationCounts> progress) {
    different(from, to);
    Tally tally = new Tally(progress);
    return eachSession(from::sessions, session -> {
          List<Optional<ArtifactCursor>> next = new ArrayList<>(List.of(Optional.empty()));
          return Steps.repeat(() -> from.list(session, next.get(0), PAGE).compose(page -> {
            next.set(0, page.next());
            // One by one: each may have many MB.
            return Steps.each(
                    page.items(),
                    summary -> from.get(session, summary.id())
                        .compose(artifact -> artifact.isEmpty()
                            ? Future.succeededFuture()
                            : tally.take(
                                List.of(List.of(artifact.get())), some -> to.adopt(some, dryRun))))
                .map(page.next().isPresent());
          }));
        })
        .map(done -> tally.counts);
  }

  /** Migrates an audit log; see {@link #migrate(AuditEventStore, AuditEventStore, boolean, Consumer)}. */
  public static Future<MigrationCounts> migrate(
      AuditEventStore from, AuditEventStore to, boolean dryRun) {
    return migrate(from, to, dryRun, counts -> {});
  }

  /**
   * Migrates an audit log: events keep their ids, and so their times.
   *
   * @param dryRun whether only to tell what would become of them
   * @param progress told of the counts so far after each page; must not block
   */
  public static Future<MigrationCounts> migrate(
      AuditEventStore from,
      AuditEventStore to,
      boolean dryRun,
      Consumer<MigrationCounts> progress) {
    different(from, to);
    Tally tally = new Tally(progress);
    AuditQuery[] next = {AuditQuery.FIRST.limit(PAGE)};
    return Steps.repeat(() -> from.list(next[0]).compose(page -> {
          page.next().ifPresent(after -> next[0] = next[0].after(after));
          Future<Void> taken = page.items().isEmpty()
              ? Future.succeededFuture()
              : tally.take(
                  page.items().stream().map(List::of).toList(), some -> to.adopt(some, dryRun));
          return taken.map(page.next().isPresent());
        }))
        .map(done -> tally.counts);
  }

  /** Messages that share a sequence are told apart by their order: they stay together. */
  private static List<List<ChatEvent>> sequences(List<ChatEvent> page) {
    ArrayList<List<ChatEvent>> groups = new ArrayList<>();
    for (ChatEvent event : page) {
      List<ChatEvent> last = groups.isEmpty() ? List.of() : groups.get(groups.size() - 1);
      if (last.isEmpty() || last.get(0).sequence() != event.sequence()) {
        groups.add(new ArrayList<>(List.of(event)));
      } else {
        last.add(event);
      }
    }
    return groups;
  }

  /** Gives a page of the names of sessions. */
  private interface Sessions {
    Future<List<String>> page(Optional<String> after, int max);
  }

  private static Future<Void> eachSession(Sessions sessions, Function<String, Future<Void>> step) {
    Optional<String>[] after = first();
    return Steps.repeat(() -> sessions.page(after[0], SESSIONS).compose(page -> {
      if (page.isEmpty()) {
        return Future.succeededFuture(false);
      }
      after[0] = Optional.of(page.get(page.size() - 1));
      return Steps.each(page, step).map(true);
    }));
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Optional<String>[] first() {
    return new Optional[] {Optional.empty()};
  }

  private static void different(Object from, Object to) {
    if (from == to) {
      throw new IllegalArgumentException("a store is not migrated into itself");
    }
  }

  /** The counts so far. */
  private static final class Tally {
    private final Consumer<MigrationCounts> progress;
    private MigrationCounts counts = MigrationCounts.NONE;

    Tally(Consumer<MigrationCounts> progress) {
      this.progress = progress;
    }

    /** Takes groups in, all together; one by one if there is one that the target doesn't take. */
    <T> Future<Void> take(List<List<T>> groups, Function<List<T>, Future<Adoption>> adopt) {
      List<T> all = groups.stream().flatMap(List::stream).toList();
      return adopt
          .apply(all)
          .map(adoption -> {
            add(MigrationCounts.of(adoption));
            return (Void) null;
          })
          .recover(cause -> {
            if (!(cause instanceof PayloadException)) {
              return Future.failedFuture(cause);
            }
            if (groups.size() == 1) {
              add(new MigrationCounts(all.size(), 0, 0, all.size()));
              return Future.succeededFuture();
            }
            return Steps.each(groups, group -> take(List.of(group), adopt));
          });
    }

    private void add(MigrationCounts more) {
      counts = counts.plus(more);
      progress.accept(counts);
    }
  }
}
