package io.tributary.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Commit;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Ingest;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Runs sessions, ingest and feeds together on one thread under random schedules: messages between
 * them take their time (in order per pair), appends fail before or after they commit, other nodes
 * commit too, tails are evicted, sockets fill up, peers stop and ask again. Every peer then checks
 * what it was sent against the log.
 */
class HubSimulationTest {
  private static final String TENANT = "t";

  @Test
  void everySubscriberGetsEverythingElseExactlyOnceInOrder() {
    String fixed = System.getProperty("seed");
    int runs = Boolean.getBoolean("tributary.long") ? 20_000 : 1_000;
    if (fixed != null) {
      run(Long.parseLong(fixed));
      return;
    }
    Random seeds = new Random();
    for (int i = 0; i < runs; i++) {
      run(seeds.nextLong());
    }
  }

  private static final String NOBODY = "leads nowhere";
  private static final byte[] TEXT = {'x'};

  private static void run(long seed) {
    try {
      new Simulation(seed).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("replay with -Dseed=" + seed, e);
    }
  }

  /** The storage as its contract says, with faults. */
  private static final class Log {
    final Map<StoreKey, List<StoredRecord>> records = new HashMap<>();
    final Map<StoreKey, Map<EntryId, Long>> ids = new HashMap<>();

    List<StoredRecord> of(StoreKey store) {
      return records.computeIfAbsent(store, key -> new ArrayList<>());
    }

    List<AppendResult> append(List<Append> appends) {
      List<AppendResult> results = new ArrayList<>();
      for (Append append : appends) {
        List<StoredRecord> log = of(append.store());
        Map<EntryId, Long> known = ids.computeIfAbsent(append.store(), key -> new HashMap<>());
        long before = log.size();
        List<AppendResult.Slot> slots = new ArrayList<>();
        for (NewRecord record : append.records()) {
          EntryId id = record.ids().get(0);
          Long sequence = known.get(id);
          if (sequence == null) {
            sequence = log.size() + 1L;
            known.put(id, sequence);
            log.add(new StoredRecord(sequence, 0, record));
            slots.add(new AppendResult.Slot(true, new long[] {sequence}));
          } else {
            slots.add(new AppendResult.Slot(false, new long[] {sequence}));
          }
        }
        results.add(new AppendResult(before, log.size(), slots));
      }
      return results;
    }

    Page read(StoreKey store, long from, int maxRecords) {
      List<StoredRecord> log = of(store);
      int start = (int) Math.min(log.size(), Math.max(0, from - 1));
      int end = Math.min(log.size(), start + maxRecords);
      return new Page(List.copyOf(log.subList(start, end)), Math.max(from, end + 1L), log.size());
    }
  }

  /** What a peer calls a store. */
  private record Name(String publicKey, boolean plain) {
    StoreKey store() {
      if (!plain) {
        return new StoreKey.Sealed(TENANT, publicKey);
      }
      return new StoreKey.Plain(TENANT, publicKey.equals(NOBODY) ? NOBODY : "shared");
    }
  }

  private static final class Simulation implements Ingest.Output {
    final Random random;
    final Log log = new Log();
    final Map<Object, ArrayDeque<Runnable>> wires = new LinkedHashMap<>();
    final List<Peer> peers = new ArrayList<>();
    final Map<StoreKey, Feed> feeds = new HashMap<>();
    final Map<StoreKey, List<Runnable>> awaitingHead = new HashMap<>();
    final List<EntryId> everyId = new ArrayList<>();
    final List<Name> names = new ArrayList<>();
    final Set<StoreKey> elsewhere = new HashSet<>();
    final Ingest ingest = new Ingest(new Ingest.Options(5, 10_000, Long.MAX_VALUE / 4), this);
    final HubSession.Budgets budgets =
        new HubSession.Budgets(new Budget(1 << 30), new Budget(1 << 30));
    long now;
    boolean faults = true;

    Simulation(long seed) {
      random = new Random(seed);
      for (int i = 0; i <= random.nextInt(2); i++) {
        names.add(new Name("key" + i, false));
      }
      // Two keys of one store, and one that leads nowhere.
      names.add(new Name("plain0", true));
      names.add(new Name("plain1", true));
      names.add(new Name(NOBODY, true));
    }

    void run() {
      int steps = 20 + random.nextInt(200);
      for (int i = 0; i < steps; i++) {
        act();
        for (int j = random.nextInt(6); j > 0; j--) {
          boolean unused = deliverOne();
        }
      }
      faults = false;
      peers.forEach(peer -> peer.fill(false));
      settle();
      // Lost hints of other nodes are a delay: whoever asks for heads finds the gap. What this node
      // committed itself needs no hint.
      elsewhere.forEach(store -> hint(store));
      settle();
      peers.forEach(Peer::verifyEnd);
      peers.forEach(peer -> peer.session.onClosed());
      assertThat(budgets.inFlight().held()).as("bytes held after all is done").isZero();
      assertThat(budgets.chunks().held()).isZero();
    }

    void settle() {
      for (int rounds = 0; rounds < 10_000; rounds++) {
        while (deliverOne()) {
          // goes on
        }
        now += 3_000;
        ingest.onTick(now);
        peers.forEach(peer -> peer.session.onTick(now));
        if (wires.isEmpty() && !ingest.needsTicks()) {
          return;
        }
      }
      fail("never comes to rest");
    }

    void act() {
      int what = random.nextInt(22);
      if (peers.isEmpty() || (what == 0 && peers.size() < 6)) {
        peers.add(new Peer(this, peers.size()));
        return;
      }
      Peer peer = peers.get(random.nextInt(peers.size()));
      Name name = names.get(random.nextInt(names.size()));
      StoreKey store = name.store();
      switch (what) {
        case 1, 2, 3, 4, 5, 6, 7, 8 -> peer.write(name, freshOrKnown());
        case 9, 10, 11 -> peer.request(name, random.nextInt(log.of(store).size() + 2));
        case 12 -> peer.stop(name);
        case 13 -> peer.fill(true);
        case 14, 15 -> peer.fill(false);
        case 16 -> otherNode(name);
        case 17 -> hint(store);
        case 20, 21 -> peer.mark(name);
        case 18 -> {
          for (Feed feed : feeds.values()) {
            long unused = feed.evict(random.nextInt(500));
          }
        }
        default -> {
          now += random.nextInt(3_000);
          ingest.onTick(now);
          peers.forEach(each -> each.session.onTick(now));
        }
      }
    }

    List<EntryId> freshOrKnown() {
      List<EntryId> ids = new ArrayList<>();
      for (int n = random.nextInt(4); n >= 0; n--) {
        if (!everyId.isEmpty() && random.nextInt(4) == 0) {
          ids.add(everyId.get(random.nextInt(everyId.size())));
        } else {
          EntryId id = new EntryId(0x7000L | (long) everyId.size() << 16, 0x8000000000000000L);
          everyId.add(id);
          ids.add(id);
        }
      }
      return ids;
    }

    /** Another node of the hub commits; its hint may come late or never. */
    void otherNode(Name name) {
      StoreKey store = name.store();
      elsewhere.add(store);
      List<NewRecord> records = new ArrayList<>();
      for (EntryId id : freshOrKnown()) {
        byte[] body = new byte[random.nextInt(40)];
        records.add(
            name.plain
                ? NewRecord.plain(id, TEXT, TEXT, body, true, null)
                : NewRecord.sealed(id, new byte[12], body));
      }
      List<AppendResult> unused = log.append(List.of(new Append(store, 0, records)));
      if (random.nextBoolean()) {
        hint(store);
      }
    }

    void hint(StoreKey store) {
      Feed feed = feeds.get(store);
      if (feed != null) {
        long head = log.of(store).size();
        wire("storage-broadcast", () -> {
          if (feed.head() >= 0) {
            feed.onHead(head);
            catchUp(feed);
          }
        });
      }
    }

    void wire(Object name, Runnable message) {
      wires.computeIfAbsent(name, key -> new ArrayDeque<>()).add(message);
    }

    boolean deliverOne() {
      if (wires.isEmpty()) {
        return false;
      }
      List<Object> names = List.copyOf(wires.keySet());
      Object name = names.get(random.nextInt(names.size()));
      ArrayDeque<Runnable> queue = wires.get(name);
      Runnable message = queue.remove();
      if (queue.isEmpty()) {
        wires.remove(name);
      }
      message.run();
      return true;
    }

    // The ingest's side

    @Override
    public void append(Ingest.Batch batch) {
      wire("append " + batch.store(), () -> {
        int fault = faults ? random.nextInt(10) : 9;
        List<AppendResult> results = fault == 0 ? List.of() : log.append(batch.appends());
        wire("appended " + batch.store(), () -> {
          if (fault <= 1) {
            ingest.onFailed(batch, Outcome.Why.UNDECIDED, "simulated", now);
          } else {
            ingest.onAppended(batch, results, now);
          }
        });
      });
    }

    @Override
    public void settled(Submission submission, Outcome outcome) {
      budgets.inFlight().release(submission.bytes());
      Peer peer = (Peer) submission.origin();
      wire("ingest-" + peer.number, () -> peer.session.onSettled(submission.token(), outcome));
    }

    @Override
    public void released(Submission submission) {}

    @Override
    public void committed(Commit commit) {
      wire("ingest-broadcast", () -> {
        Feed feed = feeds.get(commit.store());
        if (feed != null) {
          if (feed.onCommit(commit)) {
            advanced(feed);
          } else {
            catchUp(feed);
          }
        }
      });
    }

    @Override
    public void retrying(StoreKey store, int attempt, String reason) {}

    // The broadcast's side

    void subscribe(Peer peer, long subscription, StoreKey store) {
      Feed feed = feeds.get(store);
      if (feed == null) {
        Feed opened = new Feed(store);
        feed = opened;
        feeds.put(store, opened);
        wire("heads " + store, () -> {
          long head = log.of(store).size();
          wire("headed " + store, () -> {
            opened.onHead(head);
            awaitingHead.getOrDefault(store, List.of()).forEach(Runnable::run);
            awaitingHead.remove(store);
            catchUp(opened);
          });
        });
      }
      Feed answer = feed;
      Runnable reply = () -> wire(
          "broadcast-" + peer.number, () -> peer.session.onSubscribed(subscription, answer, now));
      if (feed.head() < 0) {
        awaitingHead.computeIfAbsent(store, key -> new ArrayList<>()).add(reply);
      } else {
        reply.run();
      }
      peer.following.put(subscription, store);
    }

    void catchUp(Feed feed) {
      OptionalLong from = feed.wantsRead();
      if (from.isPresent()) {
        wire("gap " + feed.store(), () -> {
          boolean fails = faults && random.nextInt(5) == 0;
          Page page = log.read(feed.store(), from.getAsLong(), 1 + random.nextInt(5));
          wire("gapped " + feed.store(), () -> {
            if (fails) {
              feed.onReadFailed();
            } else if (feed.onPage(page)) {
              advanced(feed);
            }
            catchUp(feed);
          });
        });
      }
    }

    void advanced(Feed feed) {
      for (Peer peer : peers) {
        peer.following.forEach((subscription, store) -> {
          if (store.equals(feed.store())) {
            wire("broadcast-" + peer.number, () -> peer.session.onFeedAdvanced(subscription));
          }
        });
      }
    }
  }

  /** A client that knows what it asked for, and checks what it gets. */
  private static final class Peer implements HubSession.Output {
    final Simulation simulation;
    final int number;
    final HubSession session;
    final Map<Long, StoreKey> following = new HashMap<>();
    final Map<Name, Subscribed> subscribed = new HashMap<>();
    final Map<Double, Written> unacked = new HashMap<>();
    final Map<Double, Marked> marks = new HashMap<>();
    final ChunkAssembler chunks = new ChunkAssembler(1 << 30);
    boolean hello;
    boolean full;
    double writes;

    private record Written(Name name, List<EntryId> ids) {}

    /** @param head up to here everything is to be there when it is acked */
    private record Marked(Name name, long head) {}

    private static final class Subscribed {
      long cursor;
      final Set<EntryId> own = new HashSet<>();
      final Set<Double> ownWrites = new HashSet<>();
    }

    Peer(Simulation simulation, int number) {
      this.simulation = simulation;
      this.number = number;
      session = new HubSession(
          Principal.of(TENANT),
          RemoteId.of(new DataSetId(1, 2), TENANT, "v3"),
          new HubSession.Options(1 << 20, 1 << 20, 60_000, 1 << 20, 10, 1 << 20),
          simulation.budgets,
          this);
      session.open();
    }

    void fill(boolean full) {
      this.full = full;
      if (!full) {
        session.onWritable();
      }
    }

    void write(Name name, List<EntryId> ids) {
      double id = writes++;
      unacked.put(id, new Written(name, ids));
      Subscribed sub = subscribed.get(name);
      if (sub != null) {
        sub.own.addAll(ids);
        sub.ownWrites.add(id);
      }
      if (name.plain) {
        in(new ClientMessage.WriteEntriesUnencrypted(
            name.publicKey,
            id,
            ids.stream()
                .map(entry -> new ClientMessage.PlainItem(
                    entry.toBytes(), TEXT, TEXT, new byte[simulation.random.nextInt(60)]))
                .toList()));
        return;
      }
      List<ClientMessage.SealedItem> items = new ArrayList<>();
      for (EntryId entry : ids) {
        items.add(
            new ClientMessage.SealedItem(entry.toBytes(), new byte[simulation.random.nextInt(60)]));
      }
      in(new ClientMessage.WriteEntries(name.publicKey, id, new byte[12], items));
    }

    void mark(Name name) {
      double id = writes++;
      Feed feed = simulation.feeds.get(name.store());
      long head = feed == null || !subscribed.containsKey(name) ? 0 : feed.head();
      marks.put(id, new Marked(name, head));
      in(
          name.plain
              ? new ClientMessage.WriteEntriesUnencrypted(name.publicKey, id, List.of(), true)
              : new ClientMessage.WriteEntries(name.publicKey, id, new byte[0], List.of(), true));
    }

    void request(Name name, long start) {
      Subscribed sub = new Subscribed();
      sub.cursor = Math.max(1, start);
      subscribed.put(name, sub);
      in(new ClientMessage.RequestChanges(name.publicKey, start, name.plain));
    }

    void stop(Name name) {
      if (subscribed.remove(name) != null) {
        // Acks that were held, or are under way, stay in doubt.
        unacked.values().removeIf(written -> written.name.equals(name));
        marks.values().removeIf(marked -> marked.name.equals(name));
      }
      in(new ClientMessage.StopChanges(name.publicKey));
    }

    private void in(ClientMessage message) {
      session.onFrame(V3Codec.encode(message), simulation.now);
    }

    @Override
    public boolean writable() {
      return !full;
    }

    @Override
    public void send(Buffer frame) {
      try {
        out(V3Codec.decodeServer(frame.getBytes()));
      } catch (MalformedMessageException e) {
        throw new AssertionError(e);
      }
    }

    private void out(ServerMessage message) throws MalformedMessageException {
      if (!hello) {
        assertThat(message).isInstanceOf(ServerMessage.Hello.class);
        hello = true;
      } else if (message instanceof ServerMessage.Changes changes) {
        onChanges(
            new Name(changes.publicKey(), false),
            changes.entries().stream()
                .map(change -> new Got((long) change.sequence(), EntryId.of(change.entryId())))
                .toList());
      } else if (message instanceof ServerMessage.ChangesUnencrypted changes) {
        onChanges(
            new Name(changes.publicKey(), true),
            changes.entries().stream()
                .map(change ->
                    new Got((long) change.remoteSequence(), change.entry().id()))
                .toList());
      } else if (message instanceof ServerMessage.Refusal refusal) {
        onRefusal(refusal);
      } else if (message instanceof ServerMessage.Ack ack) {
        onAck(ack);
      } else if (message instanceof ServerMessage.Chunked chunked) {
        Optional<List<byte[]>> joined = chunks.add(chunked.chunk(), 0);
        if (joined.isPresent()) {
          out(V3Codec.decodeServer(joined.get()));
        }
      } else {
        fail("unexpected: " + message);
      }
    }

    private record Got(long sequence, EntryId id) {}

    private void onChanges(Name name, List<Got> entries) {
      Subscribed sub = subscribed.get(name);
      assertThat(sub).as("Changes only while subscribed").isNotNull();
      assertThat(entries).isNotEmpty();
      List<StoredRecord> log = log(name);
      for (Got got : entries) {
        long sequence = got.sequence;
        assertThat(sequence).as("in order, each once").isGreaterThanOrEqualTo(sub.cursor);
        for (long skipped = sub.cursor; skipped < sequence; skipped++) {
          assertThat(sub.own).as("only own entries are left out").contains(id(log, skipped));
        }
        assertThat(got.id).isEqualTo(id(log, sequence));
        assertThat(sub.own).as("own entries are left out").doesNotContain(got.id);
        sub.cursor = sequence + 1;
      }
    }

    private void onRefusal(ServerMessage.Refusal refusal) {
      assertThat(refusal.publicKey()).as("only who leads nowhere is refused").isEqualTo(NOBODY);
      Double id = refusal.id();
      if (id == null) {
        // The last of several requests is the one that counts.
        Subscribed sub = subscribed.get(new Name(NOBODY, true));
        assertThat(sub == null || sub.cursor >= 1).isTrue();
      } else {
        unacked.remove(id);
        marks.remove(id);
      }
    }

    private void onAck(ServerMessage.Ack ack) {
      Marked marked = marks.remove(ack.id());
      if (marked != null) {
        assertThat(ack.sequenceNumbers()).isEmpty();
        Subscribed sub = subscribed.get(marked.name);
        if (sub != null) {
          List<StoredRecord> log = log(marked.name);
          for (long below = sub.cursor; below <= marked.head; below++) {
            assertThat(sub.own)
                .as("everything the feed had has been sent before the mark is acked")
                .contains(id(log, below));
          }
        }
        return;
      }
      Written written = unacked.remove(ack.id());
      if (written == null) {
        return; // in doubt since StopChanges; an ack that was already due is allowed
      }
      Map<EntryId, Long> ids = simulation.log.ids.get(written.name.store());
      double[] expected = written.ids.stream().mapToDouble(ids::get).toArray();
      assertThat(ack.sequenceNumbers()).containsExactly(expected);
      Subscribed sub = subscribed.get(written.name);
      if (sub != null) {
        long greatest = 0;
        for (double sequence : ack.sequenceNumbers()) {
          greatest = Math.max(greatest, (long) sequence);
        }
        List<StoredRecord> log = log(written.name);
        for (long below = sub.cursor; below < greatest; below++) {
          assertThat(sub.own)
              .as("everything foreign below an acked sequence has been sent")
              .contains(id(log, below));
        }
      }
    }

    void verifyEnd() {
      assertThat(unacked).as("every write is acked").isEmpty();
      assertThat(marks).as("every mark is acked").isEmpty();
      subscribed.forEach((name, sub) -> {
        if (name.publicKey.equals(NOBODY)) {
          return;
        }
        List<StoredRecord> log = log(name);
        for (long left = sub.cursor; left <= log.size(); left++) {
          assertThat(sub.own).as("sequence " + left + " never came").contains(id(log, left));
        }
      });
    }

    private List<StoredRecord> log(Name name) {
      return simulation.log.of(name.store());
    }

    private static EntryId id(List<StoredRecord> log, long sequence) {
      return log.get((int) sequence - 1).record().ids().get(0);
    }

    @Override
    public void close(int code, String reason) {
      fail("closed with " + code + ": " + reason);
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void submit(long token, StoreKey store, List<NewRecord> records, long bytes) {
      simulation.wire(
          number + "-ingest",
          () -> simulation.ingest.submit(
              List.of(new Submission(this, token, store, records, bytes, true)), simulation.now));
    }

    @Override
    public void subscribe(long subscription, StoreKey store) {
      simulation.wire(number + "-broadcast", () -> simulation.subscribe(this, subscription, store));
    }

    @Override
    public void unsubscribe(long subscription, StoreKey store) {
      simulation.wire(number + "-broadcast", () -> following.remove(subscription));
    }

    @Override
    public void read(HubSession.ReadRequest request) {
      simulation.wire("read " + number, () -> {
        boolean fails = simulation.faults && simulation.random.nextInt(5) == 0;
        Page page =
            simulation.log.read(request.store(), request.from(), 1 + simulation.random.nextInt(6));
        simulation.wire("page " + number, () -> {
          if (fails) {
            session.onReadFailed(request);
          } else {
            session.onPage(request, page);
          }
        });
      });
    }

    @Override
    public void admitWrite(long request, String publicKey, List<Entry> entries) {
      // Deciders answer when they like.
      simulation.wire("auth " + number + " " + request, () -> {
        if (publicKey.equals(NOBODY)) {
          session.onDenied(request, ServerMessage.ErrorCode.InvalidRequest, "simulated");
        } else {
          session.onWriteAdmitted(request, new StoreKey.Plain(TENANT, "shared"));
        }
      });
    }

    @Override
    public void admitRead(long request, String publicKey) {
      simulation.wire("auth " + number + " " + request, () -> {
        if (publicKey.equals(NOBODY)) {
          session.onDenied(request, ServerMessage.ErrorCode.InvalidRequest, "simulated");
        } else {
          session.onReadAdmitted(request, new StoreKey.Plain(TENANT, "shared"), false);
        }
      });
    }

    @Override
    public void refused(
        String requestTag, String publicKey, ServerMessage.ErrorCode code, String reason) {
      assertThat(publicKey).isEqualTo(NOBODY);
    }

    @Override
    public void cursorBeyondHead(StoreKey store, long cursor, long head) {
      fail("cursor " + cursor + " beyond head " + head);
    }

    @Override
    public void acked() {}

    @Override
    public void delivered(int entries) {}
  }
}
