package io.tributary.client.sync;

import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Commit;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Ingest;
import io.tributary.core.hub.Outcome;
import io.tributary.core.hub.Submission;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.HubSession;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.LogStore;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A hub of the real sessions, ingest and feeds over a storage in memory, in the world's time. */
final class TestHub implements Ingest.Output {
  static final String TENANT = "t";
  static final StoreKey.Plain SHARED = new StoreKey.Plain(TENANT, "shared");

  final World world;
  final Storage storage;
  final LogStore log;
  final List<Connection> connections = new ArrayList<>();
  final Map<StoreKey, Feed> feeds = new HashMap<>();
  final Map<StoreKey, List<Runnable>> awaitingHead = new HashMap<>();
  final Ingest ingest = new Ingest(new Ingest.Options(100, 1 << 20, 300_000), this);
  final HubSession.Budgets budgets =
      new HubSession.Budgets(new Budget(1L << 30), new Budget(1L << 30));

  /** Every frame that came from a client. */
  final List<byte[]> framesIn = new ArrayList<>();

  /** Every frame that went to a client. */
  final List<byte[]> framesOut = new ArrayList<>();

  boolean keepsFrames;
  long maxPayload = 1 << 20;
  long maxMessage = 256L << 20;

  // How the hub behaves now
  boolean down;
  boolean unauthorized;
  boolean mapped = true;
  boolean readOnly;
  boolean denies;
  boolean ill;
  Set<EntryId> poison = Set.of();

  TestHub(World world, Storage storage) {
    this.world = world;
    this.storage = storage;
    this.log = storage.log();
    tick();
  }

  private void tick() {
    Runnable unused = world.after(1_000, () -> {
      ingest.onTick(world.millis());
      List.copyOf(connections).forEach(each -> each.session.onTick(world.millis()));
      tick();
    });
  }

  RemoteId remoteId() {
    return RemoteId.of(storage.dataSetId(), TENANT, "v3");
  }

  /** The ids in a store, in the order of their sequences. */
  List<EntryId> ids(StoreKey store) {
    List<EntryId> ids = new ArrayList<>();
    long from = 1;
    while (true) {
      Page page = now(log.read(store, from, 1_000, 1 << 20));
      if (page.records().isEmpty()) {
        return ids;
      }
      for (StoredRecord record : page.records()) {
        ids.addAll(record.record().ids());
      }
      from = page.next();
    }
  }

  private static <T> T now(Future<T> future) {
    if (!future.succeeded()) {
      throw new IllegalStateException("memory answers at once", future.cause());
    }
    return future.result();
  }

  Connector connector() {
    return new Connector() {
      @Override
      public String url() {
        return "test:hub";
      }

      @Override
      public void connect(LinkListener listener) {
        world.wire(listener, () -> {
          if (down || unauthorized) {
            listener.failed(unauthorized, unauthorized ? "401" : "refused");
          } else {
            Connection connection = new Connection(listener);
            connections.add(connection);
            listener.opened(connection.link);
            connection.session.open();
          }
        });
      }
    };
  }

  /** Ends all connections. */
  void cutAll(int code) {
    List.copyOf(connections).forEach(connection -> connection.end(code, "cut"));
  }

  @Override
  public void append(Ingest.Batch batch) {
    world.wire("append " + batch.store(), () -> {
      var results = now(log.append(batch.appends()));
      world.wire(
          "append " + batch.store(), () -> ingest.onAppended(batch, results, world.millis()));
    });
  }

  @Override
  public void settled(Submission submission, Outcome outcome) {
    budgets.inFlight().release(submission.bytes());
    Connection connection = (Connection) submission.origin();
    world.wire(
        connection.toSession, () -> connection.session.onSettled(submission.token(), outcome));
  }

  @Override
  public void released(Submission submission) {}

  @Override
  public void committed(Commit commit) {
    world.wire("broadcast", () -> {
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

  private void subscribe(Connection connection, long subscription, StoreKey store) {
    Feed feed = feeds.computeIfAbsent(store, key -> {
      Feed opened = new Feed(key);
      world.wire("heads " + key, () -> {
        opened.onHead(now(log.heads(List.of(key))).getOrDefault(key, 0L));
        awaitingHead.getOrDefault(key, List.of()).forEach(Runnable::run);
        awaitingHead.remove(key);
        catchUp(opened);
      });
      return opened;
    });
    Runnable reply = () -> world.wire(
        connection.toSession,
        () -> connection.session.onSubscribed(subscription, feed, world.millis()));
    if (feed.head() < 0) {
      awaitingHead.computeIfAbsent(store, key -> new ArrayList<>()).add(reply);
    } else {
      reply.run();
    }
    connection.following.put(subscription, store);
  }

  private void catchUp(Feed feed) {
    OptionalLong from = feed.wantsRead();
    if (from.isPresent()) {
      world.wire("gap " + feed.store(), () -> {
        if (feed.onPage(now(log.read(feed.store(), from.getAsLong(), 100, 1 << 20)))) {
          advanced(feed);
        }
        catchUp(feed);
      });
    }
  }

  private void advanced(Feed feed) {
    for (Connection connection : connections) {
      connection.following.forEach((subscription, store) -> {
        if (store.equals(feed.store())) {
          world.wire(connection.toSession, () -> connection.session.onFeedAdvanced(subscription));
        }
      });
    }
  }

  /** One connection: the hub's session at one end, a listener at the other. */
  final class Connection implements HubSession.Output {
    final LinkListener listener;
    final HubSession session;
    final Object toSession = new Object();
    final Object toHub = new Object();
    final Map<Long, StoreKey> following = new HashMap<>();
    boolean over;
    boolean paused;
    final List<Runnable> unread = new ArrayList<>();

    @Nullable
    String closedBecause;

    Connection(LinkListener listener) {
      this.listener = listener;
      this.session = new HubSession(
          new Principal(TENANT, null, readOnly, null, null),
          remoteId(),
          new HubSession.Options(maxMessage, maxMessage, 60_000, 16 << 20, 10, maxPayload),
          budgets,
          this);
    }

    /** What is under way is lost. */
    void end(int code, String reason) {
      if (over) {
        return;
      }
      over = true;
      connections.remove(this);
      closedBecause = reason;
      world.cut(toHub);
      world.cut(listener);
      session.onClosed();
      unread.clear();
      world.wire(listener, () -> listener.closed(code, reason));
    }

    final Link link = new Link() {
      @Override
      public void send(byte[] frame) {
        if (keepsFrames) {
          framesIn.add(frame);
        }
        if (!over) {
          world.wire(toHub, () -> session.onFrame(frame, world.millis()));
        }
      }

      @Override
      public boolean isFull() {
        return false;
      }

      @Override
      public void pause() {
        paused = true;
      }

      @Override
      public void resume() {
        paused = false;
        List<Runnable> all = List.copyOf(unread);
        unread.clear();
        all.forEach(one -> world.wire(listener, one));
        world.wire(toSession, session::onWritable);
      }

      @Override
      public void close(int code, String reason) {
        end(code, reason);
      }
    };

    // The hub's end

    @Override
    public boolean writable() {
      return !paused;
    }

    @Override
    public void send(Buffer frame) {
      byte[] bytes = frame.getBytes();
      if (keepsFrames) {
        framesOut.add(bytes);
      }
      if (!over) {
        Runnable frameComes = () -> listener.frame(bytes);
        if (paused) {
          unread.add(frameComes);
        } else {
          world.wire(listener, frameComes);
        }
      }
    }

    @Override
    public void close(int code, String reason) {
      // What was sent before still arrives.
      if (!over) {
        over = true;
        connections.remove(this);
        closedBecause = reason;
        world.cut(toHub);
        world.wire(listener, () -> listener.closed(code, reason));
      }
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void submit(long token, StoreKey store, List<NewRecord> records, long bytes) {
      for (NewRecord record : records) {
        if (poison.contains(record.ids().get(0))) {
          budgets.inFlight().release(bytes);
          world.wire(
              toSession,
              () ->
                  session.onSettled(token, new Outcome.Failed(Outcome.Why.REJECTED, "simulated")));
          return;
        }
      }
      world.wire("ingest " + toSession, () -> {
        List<Submission> one = List.of(new Submission(this, token, store, records, bytes, true));
        ingest.submit(one, world.millis());
      });
    }

    @Override
    public void subscribe(long subscription, StoreKey store) {
      world.wire("broadcast", () -> TestHub.this.subscribe(this, subscription, store));
    }

    @Override
    public void unsubscribe(long subscription, StoreKey store) {
      world.wire("broadcast", () -> following.remove(subscription));
    }

    @Override
    public void read(HubSession.ReadRequest request) {
      world.wire(toSession + "read", () -> {
        Page page = now(
            log.read(request.store(), request.from(), request.maxRecords(), request.maxBytes()));
        world.wire(toSession, () -> session.onPage(request, page));
      });
    }

    @Override
    public void admitWrite(long request, String publicKey, List<Entry> entries) {
      world.wire(toSession + "admit", () -> {
        if (!mapped) {
          session.onDenied(request, ErrorCode.InvalidRequest, "mapped to no store");
        } else if (denies && !entries.isEmpty()) {
          session.onDenied(request, ErrorCode.Unauthorized, "may not write");
        } else if (ill && !entries.isEmpty()) {
          session.onDenied(request, ErrorCode.InternalServerError, "not now");
        } else {
          session.onWriteAdmitted(request, SHARED);
        }
      });
    }

    @Override
    public void admitRead(long request, String publicKey) {
      world.wire(toSession + "admit", () -> {
        if (mapped) {
          session.onReadAdmitted(request, SHARED, false);
        } else {
          session.onDenied(request, ErrorCode.InvalidRequest, "mapped to no store");
        }
      });
    }

    @Override
    public void refused(String requestTag, String publicKey, ErrorCode code, String reason) {}

    @Override
    public void cursorBeyondHead(StoreKey store, long cursor, long head) {}

    @Override
    public void acked() {}

    @Override
    public void delivered(int entries) {}
  }
}
