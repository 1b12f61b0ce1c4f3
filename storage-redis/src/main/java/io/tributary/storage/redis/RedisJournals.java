package io.tributary.storage.redis;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.FencedException;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Lease;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Journals: a script per commit. Reads are {@link Reads}. */
final class RedisJournals implements JournalStore {
  /** What the server takes in one call is less than 1 GiB, and less than 1024² arguments. */
  private static final long MAX_CALL_BYTES = 512L * 1024 * 1024;

  private static final int MAX_CALL_ITEMS = 1_000_000;

  /** Of one script, so that others are not kept waiting. */
  private static final int STEP = 1000;

  private static final int STEP_BYTES = 16 * 1024 * 1024;
  private static final int STEP_MARKS = 20_000;

  /** The answer begins behind the commits. */
  private static final int ANSWER = 2;

  private final Link writer;
  private final Reads reads;
  private final RedisLeases leases;

  RedisJournals(Link writer, Reads reads, RedisLeases leases) {
    this.writer = writer;
    this.reads = reads;
    this.leases = leases;
  }

  // ---- what changes them ----

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    List<byte[]> items = new ArrayList<>();
    changes.removed().forEach(id -> items.add(id.toBytes()));
    changes.entries().forEach(entry -> items.add(JournalItems.encode(entry)));
    changes.outcomes().forEach(outcome -> items.add(JournalItems.encode(outcome)));
    changes.winners().forEach(winner -> items.add(JournalItems.encode(winner)));
    changes.progress().forEach(progress -> items.add(JournalItems.encode(progress)));
    changes.marks().forEach(mark -> items.add(JournalItems.encode(mark)));
    changes.unmarked().forEach(mark -> items.add(JournalItems.place(mark)));
    long bytes = items.stream().mapToLong(item -> item.length).sum();
    if (bytes > MAX_CALL_BYTES || items.size() > MAX_CALL_ITEMS) {
      return Future.failedFuture(new StorageException(
          Outcome.REJECTED,
          "a commit of " + bytes + " bytes and " + items.size() + " items is more than the provider"
              + " redis takes at once, " + MAX_CALL_BYTES + " and " + MAX_CALL_ITEMS,
          null));
    }
    Args args = new Args()
        .add(journal)
        .add(fence.map(lease -> leases.key(lease.name())).orElse(new byte[0]))
        .add(fence.map(Lease::epoch).orElse(0L))
        .add(leases.shiftMs())
        .add(changes.removed().size())
        .add(changes.entries().size())
        .add(changes.outcomes().size())
        .add(changes.winners().size())
        .add(changes.progress().size())
        .add(changes.marks().size())
        .add(changes.unmarked().size());
    items.forEach(args::add);
    return Callers.here(writer
        .call(Script.JOURNAL_COMMIT, args.list(), true)
        .map(reply -> reply.stream().skip(1).map(Response::toLong).toList())
        .recover(e -> Future.failedFuture(
            fence.isPresent() && RedisLeases.isFenced(e) ? new FencedException(fence.get()) : e)));
  }

  @Override
  public Future<Void> destroy(String journal) {
    return Callers.here(writer
        .call(Script.JOURNAL_DESTROY, new Args().add(journal).list(), true)
        .mapEmpty());
  }

  // ---- what is asked ----

  private Future<Response> ask(String journal, String verb, Args args) {
    List<byte[]> all = new Args().add(journal).add(verb).list();
    all.addAll(args.list());
    return reads.ask(Script.JOURNAL_READ, all);
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    List<EntryId> all = ids.stream().distinct().toList();
    List<Future<Response>> calls = new ArrayList<>();
    // One call at least: a closed storage tells nothing.
    for (int i = 0; i == 0 || i < all.size(); i += STEP) {
      Args args = new Args();
      all.subList(i, Math.min(all.size(), i + STEP)).forEach(id -> args.add(id.toBytes()));
      calls.add(ask(journal, "known", args));
    }
    return Callers.here(Future.all(calls).map(done -> {
      Map<EntryId, KnownEntry> known = new HashMap<>();
      for (Future<Response> call : calls) {
        Response reply = call.result();
        for (int i = ANSWER; i < reply.size(); i += 3) {
          EntryId id = EntryId.of(reply.get(i).toBytes());
          byte[] position = reply.get(i + 1).toBytes();
          byte[] outcome = reply.get(i + 2).toBytes();
          known.put(
              id,
              new KnownEntry(
                  id,
                  position.length < Long.BYTES ? 0 : JournalItems.number(position),
                  position.length == 1,
                  outcome.length == 0 ? null : JournalItems.outcome(id, outcome)));
        }
      }
      return known;
    }));
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return Callers.here(ask(journal, "entry", new Args().add(id.toBytes()))
        .map(reply ->
            reply.size() == ANSWER ? Optional.empty() : Optional.of(entry(reply, ANSWER))));
  }

  private static PlacedEntry entry(Response reply, int at) {
    return JournalItems.entry(
        reply.get(at).toBytes(), reply.get(at + 1).toBytes(), reply.get(at + 2).toBytes());
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    requireSome(max);
    byte[] key = JournalItems.key(event, primaryKey);
    List<PlacedEntry> found = new ArrayList<>();
    return Callers.here(Reads.steps(() -> {
          Args args = new Args()
              .add(key)
              .add(
                  found.isEmpty()
                      ? id(above)
                      : found.get(found.size() - 1).entry().id().toBytes())
              .add(Math.min(STEP, max - found.size()))
              .add(STEP_BYTES);
          return ask(journal, "key", args).map(reply -> {
            for (int i = ANSWER + 1; i < reply.size(); i += 3) {
              found.add(entry(reply, i));
            }
            return reply.get(ANSWER).toInteger() == 0 && found.size() < max;
          });
        })
        .map(found));
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return Callers.here(ask(journal, "winner", new Args().add(JournalItems.key(event, primaryKey)))
        .map(reply -> reply.size() == ANSWER
            ? Optional.empty()
            : Optional.of(JournalItems.winner(reply.get(ANSWER).toBytes()))));
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    requireSome(max);
    return entries(journal, new byte[0], after, max, maxBytes);
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    requireSome(max);
    return entries(journal, JournalItems.progress(remote, store), after, max, maxBytes);
  }

  private Future<List<PlacedEntry>> entries(
      String journal, byte[] of, long after, int max, long maxBytes) {
    List<PlacedEntry> found = new ArrayList<>();
    // As the scripts write numbers.
    String[] from = {Long.toString(after)};
    long[] room = {maxBytes};
    return Callers.here(Reads.steps(() -> {
          Args args = new Args()
              .add(from[0])
              .add(Math.min(STEP, max - found.size()))
              .add(room[0])
              .add(found.isEmpty() ? 1 : 0)
              .add(STEP_BYTES)
              .add(STEP_MARKS)
              .add(of);
          return ask(journal, "entries", args).map(reply -> {
            from[0] = reply.get(ANSWER + 1).toString();
            for (int i = ANSWER + 2; i < reply.size(); i += 3) {
              PlacedEntry entry = entry(reply, i);
              room[0] -= entry.entry().bytes();
              found.add(entry);
            }
            return reply.get(ANSWER).toInteger() == 0 && found.size() < max;
          });
        })
        .map(found));
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    requireSome(max);
    byte[] hash = JournalItems.progress(remote, store);
    byte[] inState = new byte[hash.length + 1];
    System.arraycopy(hash, 0, inState, 0, hash.length);
    inState[hash.length] = (byte) state.code();
    List<UploadMark> found = new ArrayList<>();
    return Callers.here(Reads.steps(() -> {
          long from =
              found.isEmpty() ? Math.max(0, after) : found.get(found.size() - 1).position();
          int most = Math.min(STEP, max - found.size());
          Args args = new Args().add(inState).add(JournalItems.bytes(from)).add(most);
          return ask(journal, "marks", args).map(reply -> {
            for (int i = ANSWER; i < reply.size(); i += 2) {
              found.add(JournalItems.mark(
                  remote, store, reply.get(i).toBytes(), reply.get(i + 1).toBytes()));
            }
            return reply.size() == ANSWER + 2 * most && found.size() < max;
          });
        })
        .map(found));
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return Callers.here(
        ask(journal, "progress", new Args().add(JournalItems.progress(remote, store)))
            .map(reply -> reply.size() == ANSWER
                ? RemoteProgress.none(remote, store)
                : JournalItems.progress(reply.get(ANSWER).toBytes())));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return Callers.here(ask(journal, "progress", new Args().add(""))
        .map(reply -> reply.stream()
            .skip(ANSWER)
            .map(each -> JournalItems.progress(each.toBytes()))
            .toList()));
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    requireSome(max);
    List<EntryOutcome.State> wanted =
        state.map(List::of).orElse(List.of(EntryOutcome.State.values()));
    byte[] states = new byte[wanted.size()];
    for (int i = 0; i < states.length; i++) {
      states[i] = (byte) wanted.get(i).code();
    }
    List<EntryOutcome> found = new ArrayList<>();
    return Callers.here(Reads.steps(() -> {
          int most = Math.min(STEP, max - found.size());
          Args args = new Args()
              .add(states)
              .add(
                  found.isEmpty() ? id(after) : found.get(found.size() - 1).id().toBytes())
              .add(most);
          return ask(journal, "outcomes", args).map(reply -> {
            for (int i = ANSWER; i < reply.size(); i += 2) {
              found.add(JournalItems.outcome(
                  EntryId.of(reply.get(i).toBytes()), reply.get(i + 1).toBytes()));
            }
            return reply.size() == ANSWER + 2 * most && found.size() < max;
          });
        })
        .map(found));
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    requireSome(max);
    List<String> found = new ArrayList<>();
    return Callers.here(Reads.steps(() -> {
          Optional<String> from =
              found.isEmpty() ? after : Optional.of(found.get(found.size() - 1));
          int most = Math.min(STEP, max - found.size());
          Args args =
              new Args().add(from.isPresent() ? 1 : 0).add(from.orElse("")).add(most);
          return reads.ask(Script.JOURNALS, args.list()).map(reply -> {
            reply.stream().skip(ANSWER).forEach(name -> found.add(name.toString()));
            return reply.size() == ANSWER + most && found.size() < max;
          });
        })
        .map(found));
  }

  private static byte[] id(Optional<EntryId> id) {
    return id.map(EntryId::toBytes).orElse(new byte[0]);
  }

  private static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }
}
