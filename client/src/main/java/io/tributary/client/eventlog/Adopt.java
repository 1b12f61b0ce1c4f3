package io.tributary.client.eventlog;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Entries that were written elsewhere and are taken in as if they had been written here, slice by slice:
 * in between it goes to the queue's end, so that others have their turn. Each slice is one commit.
 */
final class Adopt implements Operation {
  private final Engine engine;
  private final List<Entry> entries;
  private final boolean dryRun;
  private final Promise<Adoption> promise;

  /** In a dry run: what was not known, in the slices before. */
  private final Set<EntryId> counted = new HashSet<>();

  private int done;
  private Adoption adoption = Adoption.NONE;

  Adopt(Engine engine, List<Entry> entries, boolean dryRun, Promise<Adoption> promise) {
    this.engine = engine;
    this.entries = entries;
    this.dryRun = dryRun;
    this.promise = promise;
  }

  /** No remote, and no sequences: what was begun and not recorded can't be told from what was not. */
  private final class Elsewhere implements Origin {
    @Override
    public @Nullable RemoteId remote() {
      return null;
    }

    @Override
    public @Nullable String store() {
      return null;
    }

    @Override
    public int attempt(long sequence) {
      return engine.remotes().attempt();
    }
  }

  @Override
  public Future<Void> run() {
    int end = sliceEnd();
    return slice(entries.subList(done, end))
        .map(its -> {
          adoption = adoption.plus(its);
          done = end;
          if (done < entries.size()) {
            // Not within this turn: what the thread has waiting comes first.
            engine.runner().execute(() -> engine.submit(this));
          } else {
            promise.tryComplete(adoption);
          }
          return (Void) null;
        })
        .recover(cause -> {
          fail(engine.isClosed() ? engine.closedException() : cause);
          return Future.succeededFuture();
        });
  }

  @Override
  public void fail(Throwable cause) {
    promise.tryFail(cause);
  }

  private int sliceEnd() {
    long bytes = 0;
    int to = done;
    while (to < entries.size() && to - done < Receive.MAX_ENTRIES) {
      bytes += Texts.bytes(entries.get(to));
      if (to > done && bytes > Receive.MAX_BYTES) {
        break;
      }
      to++;
    }
    return to;
  }

  private Future<Adoption> slice(List<Entry> slice) {
    Map<EntryId, Entry> distinct = new LinkedHashMap<>();
    slice.forEach(entry -> distinct.putIfAbsent(entry.id(), entry));
    if (distinct.isEmpty()) {
      return Future.succeededFuture(Adoption.NONE);
    }
    return engine.known(List.copyOf(distinct.keySet())).compose(known -> {
      List<Arrival> fresh = new ArrayList<>();
      distinct.values().stream()
          .filter(entry -> !isKnown(known, entry.id()) && !(dryRun && !counted.add(entry.id())))
          .forEach(entry -> fresh.add(new Arrival(0, entry)));
      Adoption its = new Adoption(fresh.size(), slice.size() - fresh.size());
      return fresh.isEmpty() || dryRun
          ? Future.succeededFuture(its)
          : take(fresh).map(its);
    });
  }

  /** Whether the journal has it, or had it and let it go. */
  private static boolean isKnown(Map<EntryId, KnownEntry> known, EntryId id) {
    KnownEntry entry = known.get(id);
    return entry != null && (entry.position() != 0 || entry.removed());
  }

  private Future<Void> take(List<Arrival> fresh) {
    Keys keys = engine.keys();
    List<Key> concerned = fresh.stream()
        .map(Arrival::entry)
        .filter(entry -> Engine.conflicts(engine.groups().find(entry.event())))
        .map(Key::of)
        .toList();
    Intake intake = new Intake(engine, keys, new Elsewhere());
    return keys.load(concerned)
        .compose(loaded -> intake.handle(fresh))
        .compose(handled -> commit(fresh, keys, intake));
  }

  private Future<Void> commit(List<Arrival> fresh, Keys keys, Intake intake) {
    List<JournalEntry> journaled = new ArrayList<>(fresh.size());
    List<EntryOutcome> outcomes = new ArrayList<>(fresh.size());
    for (Arrival arrival : fresh) {
      journaled.add(Texts.journaled(arrival.entry(), 0));
      outcomes.add(intake.outcome(arrival));
    }
    return engine
        .access()
        .commit(Engine.changes(journaled, outcomes, keys.moved(), Optional.empty()), false)
        .map(placed -> {
          engine.placed(journaled, placed, null);
          engine.invalidate(intake.handled());
          intake.audit().forEach(engine::audit);
          return null;
        });
  }
}
