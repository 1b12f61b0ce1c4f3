package io.tributary.client.simulation;

import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Commit;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Ingest;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.HubSession;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.storage.Storage;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A hub of one node: the real sessions, ingest and feeds over a log that outlives its crashes. What
 * they ask of each other takes its time, in order per pair.
 */
final class SimHub {
  static final String TENANT = "t";
  static final StoreKey.Plain SHARED = new StoreKey.Plain(TENANT, "shared");

  private final World world;
  private Storage storage;
  /** Keys in the clear that are mapped to {@link #SHARED}. */
  final Set<String> mapped = new HashSet<>();
  /** Entries the hub refuses to take, by id: those of a write in the clear. */
  final Set<EntryId> poison = new HashSet<>();

  private Node node;
  boolean faults = true;
  private int crashes;

  SimHub(World world, Storage storage) {
    this.world = world;
    this.storage = storage;
    node = new Node();
    tick();
  }

  /** What its store holds. */
  List<StoredRecord> log(StoreKey store) {
    Page page = storage.log().read(store, 1, 1_000_000, Long.MAX_VALUE).result();
    return page.records();
  }

  /** The process ends suddenly and another begins: all connections are cut, the log stays. */
  void crash() {
    crashes++;
    Node old = node;
    old.dead = true;
    node = new Node();
    List.copyOf(old.sessions).forEach(session -> session.wire.cut(1006, "the hub crashed"));
  }

  /** The data is lost, and an empty data set takes its place. */
  void loseData(Storage empty) {
    storage = empty;
    crash();
  }

  /** How its sessions are told it. */
  RemoteId remoteId() {
    return RemoteId.of(storage.dataSetId(), TENANT, "v3");
  }

  /** A connection was opened. */
  Session accept(SimWire wire) {
    Session session = new Session(node, wire);
    node.sessions.add(session);
    return session;
  }

  private void tick() {
    world.in(1_000, () -> {
      node.ingest.onTick(world.now());
      List.copyOf(node.sessions).forEach(session -> session.machine.onTick(world.now()));
      tick();
    });
  }

  /** One life of the process. */
  private final class Node implements Ingest.Output {
    final Ingest ingest = new Ingest(new Ingest.Options(5, 10_000, Long.MAX_VALUE / 4), this);
    final HubSession.Budgets budgets =
        new HubSession.Budgets(new Budget(1 << 30), new Budget(1 << 30));
    final Set<Session> sessions = new LinkedHashSet<>();
    final Map<StoreKey, Feed> feeds = new LinkedHashMap<>();
    final Map<StoreKey, List<Runnable>> awaitingHead = new HashMap<>();
    final Map<String, Long> order = new HashMap<>();
    boolean dead;

    /** After a while, in order per {@code pair}; not after a crash. */
    void then(String pair, Runnable message) {
      long at = Math.max(order.getOrDefault(pair, 0L), world.now() + world.random.nextInt(3));
      order.put(pair, at);
      world.in(at - world.now(), () -> {
        if (!dead) {
          message.run();
        }
      });
    }

    @Override
    public void append(Ingest.Batch batch) {
      then("append " + batch.store(), () -> {
        int fault = faults ? world.random.nextInt(12) : 11;
        List<AppendResult> results =
            fault == 0 ? List.of() : storage.log().append(batch.appends()).result();
        then("append " + batch.store(), () -> {
          if (fault <= 1) {
            ingest.onFailed(batch, Outcome.Why.UNDECIDED, "simulated", world.now());
          } else {
            ingest.onAppended(batch, results, world.now());
          }
        });
      });
    }

    @Override
    public void settled(Submission submission, Outcome outcome) {
      budgets.inFlight().release(submission.bytes());
      Session session = (Session) submission.origin();
      then(
          "ingest " + session.number, () -> session.machine.onSettled(submission.token(), outcome));
    }

    @Override
    public void released(Submission submission) {}

    @Override
    public void committed(Commit commit) {
      then("commits", () -> {
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

    void subscribe(Session session, long subscription, StoreKey store) {
      Feed feed = feeds.computeIfAbsent(store, this::open);
      Runnable reply = () -> then(
          "broadcast " + session.number,
          () -> session.machine.onSubscribed(subscription, feed, world.now()));
      if (feed.head() < 0) {
        awaitingHead.computeIfAbsent(store, key -> new ArrayList<>()).add(reply);
      } else {
        reply.run();
      }
      session.following.put(subscription, store);
    }

    private Feed open(StoreKey store) {
      Feed feed = new Feed(store);
      then("heads " + store, () -> {
        long head = storage.log().heads(Set.of(store)).result().get(store);
        then("heads " + store, () -> {
          feed.onHead(head);
          awaitingHead.getOrDefault(store, List.of()).forEach(Runnable::run);
          awaitingHead.remove(store);
          catchUp(feed);
        });
      });
      return feed;
    }

    private void catchUp(Feed feed) {
      OptionalLong from = feed.wantsRead();
      if (from.isPresent()) {
        then("gap " + feed.store(), () -> {
          boolean fails = faults && world.chance(6);
          Page page = read(feed.store(), from.getAsLong());
          then("gap " + feed.store(), () -> {
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

    private Page read(StoreKey store, long from) {
      return storage
          .log()
          .read(store, from, 1 + world.random.nextInt(8), Long.MAX_VALUE)
          .result();
    }

    private void advanced(Feed feed) {
      for (Session session : sessions) {
        session.following.forEach((subscription, store) -> {
          if (store.equals(feed.store())) {
            then("broadcast " + session.number, () -> session.machine.onFeedAdvanced(subscription));
          }
        });
      }
    }
  }

  private long sessionNumbers;

  /** The hub's end of one connection. */
  final class Session implements HubSession.Output {
    private final Node node;
    private final SimWire wire;
    private final long number = sessionNumbers++;
    private final Map<Long, StoreKey> following = new LinkedHashMap<>();
    final HubSession machine;

    private Session(Node node, SimWire wire) {
      this.node = node;
      this.wire = wire;
      machine = new HubSession(
          Principal.of(TENANT),
          remoteId(),
          new HubSession.Options(1 << 20, 1 << 20, 60_000, 1 << 20, 10, 1 << 20),
          node.budgets,
          this);
    }

    void gone() {
      node.sessions.remove(this);
      machine.onClosed();
    }

    @Override
    public boolean writable() {
      return wire.hubMayWrite();
    }

    @Override
    public void send(Buffer frame) {
      wire.toReplica(frame.getBytes());
    }

    @Override
    public void close(int code, String reason) {
      wire.closedByHub(code, reason);
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void submit(long token, StoreKey store, List<NewRecord> records, long bytes) {
      node.then(
          "submit " + number,
          () -> node.ingest.submit(
              List.of(new Submission(this, token, store, records, bytes, true)), world.now()));
    }

    @Override
    public void admitWrite(long request, String publicKey, List<Entry> entries) {
      node.then("admit " + number, () -> {
        if (!mapped.contains(publicKey)) {
          machine.onDenied(request, ServerMessage.ErrorCode.InvalidRequest, "not mapped");
        } else if (entries.stream().anyMatch(entry -> poison.contains(entry.id()))) {
          machine.onDenied(request, ServerMessage.ErrorCode.InvalidRequest, "poison");
        } else {
          machine.onWriteAdmitted(request, SHARED);
        }
      });
    }

    @Override
    public void admitRead(long request, String publicKey) {
      node.then("admit " + number, () -> {
        if (mapped.contains(publicKey)) {
          machine.onReadAdmitted(request, SHARED, false);
        } else {
          machine.onDenied(request, ServerMessage.ErrorCode.InvalidRequest, "not mapped");
        }
      });
    }

    @Override
    public void subscribe(long subscription, StoreKey store) {
      node.then("broadcast " + number, () -> node.subscribe(this, subscription, store));
    }

    @Override
    public void unsubscribe(long subscription, StoreKey store) {
      node.then("broadcast " + number, () -> following.remove(subscription));
    }

    @Override
    public void refused(
        String requestTag, String publicKey, ServerMessage.ErrorCode code, String reason) {}

    @Override
    public void read(HubSession.ReadRequest request) {
      node.then("read " + number, () -> {
        boolean fails = faults && world.chance(6);
        Page page = node.read(request.store(), request.from());
        node.then("read " + number, () -> {
          if (fails) {
            machine.onReadFailed(request);
          } else {
            machine.onPage(request, page);
          }
        });
      });
    }

    @Override
    public void cursorBeyondHead(StoreKey store, long cursor, long head) {
      throw new AssertionError("cursor " + cursor + " beyond head " + head + " in " + crashes);
    }

    @Override
    public void acked() {}

    @Override
    public void delivered(int entries) {}
  }
}
