package io.tributary.server.hub;

import io.tributary.core.hub.Submission;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.Entry;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.CloseCode;
import io.tributary.core.session.HubSession;
import io.tributary.core.session.HubSession.Projection;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.server.access.Grant;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.hub.Messages.CloseSession;
import io.tributary.server.hub.Messages.ListSessions;
import io.tributary.server.hub.Messages.News;
import io.tributary.server.hub.Messages.Origin;
import io.tributary.server.hub.Messages.Reseeded;
import io.tributary.server.hub.Messages.Sessions;
import io.tributary.server.hub.Messages.Submissions;
import io.tributary.server.hub.Messages.Subscribe;
import io.tributary.server.hub.Messages.Subscribed;
import io.tributary.server.hub.Messages.Unsubscribe;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.tributary.server.runtime.Admission;
import io.tributary.server.runtime.Backlog;
import io.tributary.server.runtime.RequestRefusedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of one verticle: carries what they want to the other verticles and brings back the
 * answers. Confined to the verticle's context.
 */
final class SessionHost {
  private static final Logger logger = LoggerFactory.getLogger(SessionHost.class);
  private static final long TICK_MS = 1_000;
  private static final long CHUNK_IDLE_MS = 120_000;

  /** Per connection and tick; of more only the number is logged. */
  private static final int REFUSALS_LOGGED = 5;

  private static final int LOOKUPS = 64;

  /** A connection as a session sees it. */
  interface Link {
    Transport transport();

    boolean writable();

    void send(Buffer frame);

    void close(int code, String reason);

    void pause();

    void resume();

    String remoteAddress();
  }

  private final Vertx vertx;
  private final Context context;
  private final HubContext hub;
  private final String address;
  private final String goodbye;
  private final HubSession.Options options;
  private final Map<Long, Connection> connections = new HashMap<>();
  private final Map<StoreKey, Set<Follower>> followers = new HashMap<>();

  /** The stores whose last read failed. */
  private final Set<StoreKey> unreadable = new HashSet<>();

  private final Map<String, RemoteId> remoteIds = new HashMap<>();
  private DataSetId remoteIdsOf;
  private List<List<Submission>> outboxes = new ArrayList<>();
  private boolean flushScheduled;
  private long ids;

  /**
   * Where a verticle's sessions are reached.
   *
   * @param answers for answers of the other verticles
   * @param goodbye for the word that all sessions are to be closed; it replies
   */
  record Place(String answers, String goodbye) {}

  private record Mapped(String publicKey, StoreKey.Plain store) {}

  private record Follower(Connection connection, long subscription) {}

  SessionHost(Vertx vertx, Context context, HubContext hub, Place place) {
    this.vertx = vertx;
    this.context = context;
    this.hub = hub;
    this.address = place.answers();
    this.goodbye = place.goodbye();
    this.remoteIdsOf = hub.storage().dataSetId();
    LimitsConfig limits = hub.config().limits();
    this.options = new HubSession.Options(
        limits.message(),
        limits.chunkBytes(),
        CHUNK_IDLE_MS,
        limits.inFlightBytes(),
        limits.subscriptions(),
        limits.payload());
    for (int i = 0; i < hub.topology().stores(); i++) {
      outboxes.add(new ArrayList<>());
    }
  }

  /** Listens for answers. */
  Future<Void> start() {
    vertx.setPeriodic(TICK_MS, id -> tick());
    vertx.setTimer(Admission.FRESH_MS, id -> checkMappings());
    hub.tokens().onChange(this::closeRevoked);
    return Future.all(
            vertx.eventBus().<Object>localConsumer(address, this::onMessage).completion(),
            vertx
                .eventBus()
                .<Object>localConsumer(goodbye, message -> {
                  closeAll();
                  message.reply(null);
                })
                .completion())
        .mapEmpty();
  }

  /** Begins a session on a connection that is ready to be written to. */
  Connection open(Grant grant, Link link) {
    long id = ++ids;
    Connection connection = new Connection(id, grant, link);
    connections.put(id, connection);
    hub.metrics().opened(link.transport());
    connection.session.open();
    return connection;
  }

  private RemoteId remoteId(String tenant) {
    DataSetId now = hub.storage().dataSetId();
    if (!now.equals(remoteIdsOf)) {
      remoteIds.clear();
      remoteIdsOf = now;
    }
    return remoteIds.computeIfAbsent(tenant, t -> RemoteId.of(now, t, "v3"));
  }

  /** Closes the sessions whose tokens would not let them in any more. */
  private void closeRevoked() {
    for (Connection connection : List.copyOf(connections.values())) {
      if (!hub.tokens().stillValid(connection.grant)) {
        connection.close(CloseCode.POLICY_VIOLATION, "the token is no longer valid");
      }
    }
  }

  private void closeAll() {
    for (Connection connection : List.copyOf(connections.values())) {
      connection.close(CloseCode.GOING_AWAY, "the hub is shutting down");
    }
  }

  private void tick() {
    long now = hub.clock().millis();
    for (Connection connection : List.copyOf(connections.values())) {
      connection.tick(now);
    }
  }

  /** Ends the subscriptions whose keys do not lead to their stores any more. */
  private void checkMappings() {
    Map<Mapped, List<Connection>> inUse = new LinkedHashMap<>();
    for (Connection connection : connections.values()) {
      connection
          .session
          .plainSubscriptions()
          .forEach((publicKey, store) -> inUse
              .computeIfAbsent(new Mapped(publicKey, store), mapped -> new ArrayList<>())
              .add(connection));
    }
    checkSome(inUse.entrySet().iterator());
  }

  private void checkSome(Iterator<Map.Entry<Mapped, List<Connection>>> each) {
    List<Future<?>> some = new ArrayList<>();
    while (each.hasNext() && some.size() < LOOKUPS) {
      Map.Entry<Mapped, List<Connection>> next = each.next();
      some.add(check(next.getKey(), next.getValue()));
    }
    Future.join(some).onComplete(done -> {
      if (each.hasNext()) {
        context.runOnContext(v -> checkSome(each));
      } else {
        vertx.setTimer(Admission.FRESH_MS, id -> checkMappings());
      }
    });
  }

  private Future<?> check(Mapped mapped, List<Connection> users) {
    return hub.admission()
        .stillMapped(mapped.store.tenant(), mapped.publicKey)
        .onComplete(found -> {
          boolean refused = found.cause() instanceof RequestRefusedException no
              && no.code() != ErrorCode.InternalServerError;
          if (refused || (found.succeeded() && !mapped.store.equals(found.result()))) {
            users.forEach(connection -> connection.session.onUnmapped(
                mapped.publicKey, mapped.store, "the key is no longer mapped to its store"));
          }
        });
  }

  private void onMessage(Message<Object> envelope) {
    Object message = envelope.body();
    if (message instanceof ListSessions list) {
      envelope.reply(
          new Sessions(connections.values().stream()
              .filter(connection -> connection.id > list.after())
              .sorted(Comparator.comparingLong(connection -> connection.id))
              .limit(list.max())
              .map(Connection::describe)
              .toList()),
          Messages.LOCAL);
    } else if (message instanceof CloseSession close) {
      Connection connection = connections.get(close.session());
      if (connection != null) {
        connection.close(CloseCode.GOING_AWAY, "closed by the operator");
      }
      envelope.reply(connection != null);
    } else if (message instanceof Reseeded) {
      for (Connection connection : List.copyOf(connections.values())) {
        connection.close(CloseCode.SERVICE_RESTART, "the data has another identity now");
      }
      envelope.reply("");
    } else {
      onAnswer(message);
    }
  }

  private void onAnswer(Object message) {
    if (message instanceof News news) {
      for (Messages.Settlement settlement : news.settlements()) {
        Connection connection = connections.get(settlement.session());
        if (connection != null) {
          connection.session.onSettled(settlement.token(), settlement.outcome());
        }
      }
      news.advanced().forEach(this::onAdvanced);
    } else if (message instanceof Subscribed subscribed) {
      Connection connection = connections.get(subscribed.session());
      if (connection != null) {
        connection.session.onSubscribed(
            subscribed.subscription(), subscribed.feed(), hub.clock().millis());
      }
    }
  }

  private void onAdvanced(StoreKey store) {
    // A copy: what a session does may end its subscription.
    for (Follower follower : followers.getOrDefault(store, Set.of()).toArray(new Follower[0])) {
      follower.connection.session.onFeedAdvanced(follower.subscription);
    }
  }

  /** Sends what has gathered while the event loop handled what was readable. */
  private void flush() {
    flushScheduled = false;
    for (int i = 0; i < outboxes.size(); i++) {
      List<Submission> outbox = outboxes.get(i);
      if (!outbox.isEmpty()) {
        outboxes.set(i, new ArrayList<>());
        vertx.eventBus().send(hub.topology().store(i), new Submissions(outbox), Messages.LOCAL);
      }
    }
  }

  /** One session and the socket it speaks through. */
  final class Connection implements HubSession.Output {
    private final long id;
    private final Grant grant;
    private final Link link;
    private final long openedAtMs;
    private final Map<Long, Backlog> backlogs = new HashMap<>();
    private int refusals;
    private int closeCode = CloseCode.NO_CLOSE_FRAME;
    private final HubSession session;

    Connection(long id, Grant grant, Link link) {
      Principal principal = grant.principal().from(link.remoteAddress());
      this.grant = grant;
      this.id = id;
      this.link = link;
      this.openedAtMs = hub.clock().millis();
      this.session =
          new HubSession(principal, remoteId(principal.tenant()), options, hub.budgets(), this);
    }

    /** As the admin API shows it. */
    JsonObject describe() {
      Principal principal = session.principal();
      return new JsonObject()
          .put("id", id)
          .put("tenant", principal.tenant())
          .put("transport", link.transport().name().toLowerCase(Locale.ROOT))
          .put("remoteAddress", link.remoteAddress())
          .put("openedAt", Instant.ofEpochMilli(openedAtMs).toString())
          .put("readOnly", principal.readOnly())
          .put("bytesHeld", session.bytesHeld())
          .put(
              "stores",
              new JsonArray(session.stores().stream().map(StoreKey::toString).toList()));
    }

    /** A message has come. */
    void onFrame(byte[] frame) {
      session.onFrame(frame, hub.clock().millis());
    }

    /** There is room in the socket again. */
    void onWritable() {
      session.onWritable();
    }

    /** The peer has closed the connection, or it broke. */
    void onClosed(int code) {
      closeCode = code;
      onClosed();
    }

    private void onClosed() {
      if (connections.remove(id) != null) {
        session.onClosed();
        hub.connections().left(session.principal().tenant());
        hub.metrics().closed(link.transport(), closeCode);
      }
    }

    @Override
    public boolean writable() {
      return link.writable();
    }

    @Override
    public void send(Buffer frame) {
      link.send(frame);
    }

    @Override
    public void close(int code, String reason) {
      logger.info(
          "tenant={} remote={} closed with {}: {}",
          session.principal().tenant(),
          link.remoteAddress(),
          code,
          reason);
      closeCode = code;
      onClosed();
      link.close(code, reason);
    }

    @Override
    public void pause() {
      link.pause();
    }

    @Override
    public void resume() {
      link.resume();
    }

    @Override
    public void submit(long token, StoreKey store, List<NewRecord> records, long bytes) {
      outboxes
          .get(hub.topology().instanceOf(store))
          .add(new Submission(
              new Origin(address, id),
              token,
              store,
              records,
              bytes,
              // in the clear there is a word for "not now"
              !(store instanceof StoreKey.Plain)));
      if (!flushScheduled) {
        flushScheduled = true;
        context.runOnContext(v -> flush());
      }
    }

    @Override
    public void admitWrite(long request, String publicKey, List<Entry> entries) {
      admitted(
          hub.admission().write(session.principal(), publicKey, entries),
          request,
          store -> session.onWriteAdmitted(request, store));
    }

    @Override
    public void admitRead(long request, String publicKey) {
      admitted(
          hub.admission().read(session.principal(), publicKey),
          request,
          store -> session.onReadAdmitted(request, store, hub.compactions().any()));
    }

    /** On a later turn: a session is never called back from within. */
    private void admitted(
        Future<StoreKey.Plain> admission, long request, Consumer<StoreKey.Plain> then) {
      admission.onComplete(answer -> context.runOnContext(v -> {
        if (answer.succeeded()) {
          then.accept(answer.result());
        } else if (answer.cause() instanceof RequestRefusedException refused) {
          session.onDenied(request, refused.code(), String.valueOf(refused.getMessage()));
        } else {
          logger.error("a request could not be admitted", answer.cause());
          session.onDenied(
              request, ErrorCode.InternalServerError, "the request could not be admitted");
        }
      }));
    }

    @Override
    public void refused(String requestTag, String publicKey, ErrorCode code, String reason) {
      hub.metrics().requestRefused();
      refusals++;
      if (refusals <= REFUSALS_LOGGED) {
        logger.info(
            "tenant={} publicKey={} remote={} {} refused with {}: {}",
            session.principal().tenant(),
            StoreKey.cut(publicKey),
            link.remoteAddress(),
            requestTag,
            code,
            reason);
      }
    }

    void tick(long nowMs) {
      if (refusals > REFUSALS_LOGGED) {
        logger.info(
            "tenant={} remote={} {} more requests refused",
            session.principal().tenant(),
            link.remoteAddress(),
            refusals - REFUSALS_LOGGED);
      }
      refusals = 0;
      session.onTick(nowMs);
    }

    @Override
    public void subscribe(long subscription, StoreKey store) {
      followers
          .computeIfAbsent(store, key -> new LinkedHashSet<>())
          .add(new Follower(this, subscription));
      vertx
          .eventBus()
          .send(
              hub.topology().store(store),
              new Subscribe(store, address, id, subscription),
              Messages.LOCAL);
    }

    @Override
    public void unsubscribe(long subscription, StoreKey store) {
      Backlog backlog = backlogs.remove(subscription);
      if (backlog != null) {
        backlog.close();
      }
      Set<Follower> some = followers.get(store);
      if (some != null && some.remove(new Follower(this, subscription)) && some.isEmpty()) {
        followers.remove(store);
        unreadable.remove(store);
      }
      vertx
          .eventBus()
          .send(hub.topology().store(store), new Unsubscribe(store, address), Messages.LOCAL);
    }

    @Override
    public void read(HubSession.ReadRequest request) {
      Projection projection = request.projection();
      Future<Page> page = projection == null
          ? hub.storage()
              .log()
              .read(request.store(), request.from(), request.maxRecords(), request.maxBytes())
          : backlogs
              .computeIfAbsent(
                  request.subscription(),
                  id -> hub.compactions().open(request.store(), projection, request.from()))
              .read(request.from(), request.maxRecords(), request.maxBytes());
      page.onSuccess(some -> {
            if (unreadable.remove(request.store())) {
              logger.info("store={} can be read again", request.store().abbreviated());
            }
            session.onPage(request, some);
          })
          .onFailure(failure -> {
            // Once per store, not for each reader and attempt.
            if (unreadable.add(request.store())) {
              logger.warn(
                  "store={} backlog could not be read, trying again: {}",
                  request.store().abbreviated(),
                  failure.getMessage());
            }
            session.onReadFailed(request);
          });
    }

    @Override
    public void cursorBeyondHead(StoreKey store, long cursor, long head) {
      hub.metrics().cursorBeyondHead();
      logger.warn(
          "store={} remote={} asks from sequence {}, the store ends at {}: was it replaced by an"
              + " older copy without a reseed?",
          store.abbreviated(),
          link.remoteAddress(),
          cursor,
          head);
    }

    @Override
    public void acked() {
      hub.metrics().acked();
    }

    @Override
    public void delivered(int entries) {
      hub.metrics().delivered(entries);
    }
  }
}
