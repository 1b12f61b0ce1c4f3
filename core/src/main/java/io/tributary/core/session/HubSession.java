package io.tributary.core.session;

import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Frame;
import io.tributary.core.hub.Outcome;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryRules;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.WriteEntries;
import io.tributary.core.wire.v3.ClientMessage.WriteEntriesUnencrypted;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hub's end of one v3 connection.
 *
 * <p>In: frames, outcomes of writes, feeds, pages, ticks, room in the socket. Out: {@link Output}. A
 * subscription is a cursor: what is due is looked up when there is room to send it, in the feed's
 * tail or in the storage.
 *
 * <p>Order of what is sent when there is room: the newest Pong; the rest of a message in pieces;
 * replies; then one frame of each subscription in turn.
 *
 * <p>The ack of a write to a store this session is subscribed to waits until the subscription's
 * cursor has passed the write's greatest sequence, because clients keep only the greatest sequence
 * they have seen: everything foreign below it must have been sent before. What the session itself
 * submitted since the subscription began is left out of it, by id. The ack of a write without entries
 * that asks to be answered in order waits in the same way, for the head that the feed had when the
 * write came.
 */
public final class HubSession {
  /** Keeps decoded objects, indexes and the like in the count of bytes held. */
  private static final long PER_ENTRY = 192;

  private static final long PER_HELD_ENTRY = 128;
  private static final long PER_WRITE = 256;

  /** Where a write without entries waits that came before the feed did. */
  private static final long UNKNOWN_HEAD = Long.MAX_VALUE;

  private static final int MAX_READS = 4;
  private static final int MAX_OPENING = 64;
  private static final int MAX_REPLIES = 1024;
  private static final int MAX_NESTED_CHUNKS = 3;
  private static final long READ_BYTES = 256 * 1024;
  private static final int READ_RECORDS = 4096;
  private static final String WRITE_TAG = "WriteEntriesUnencrypted";
  private static final double GREATEST_SEQUENCE = 9_007_199_254_740_991d;

  /**
   * What one connection may hold.
   *
   * @param message bytes in one message, put together from chunks
   * @param chunkBytes bytes in unfinished chunked messages
   * @param chunkIdleMs how long an unfinished chunked message may go without a part
   * @param inFlightBytes bytes in writes that are not yet acked, before reading pauses
   * @param subscriptions how many keys may be subscribed
   * @param payload bytes in one entry
   */
  public record Options(
      long message,
      long chunkBytes,
      long chunkIdleMs,
      long inFlightBytes,
      int subscriptions,
      long payload) {}

  /**
   * What all connections may hold together.
   *
   * @param chunks unfinished chunked messages
   * @param inFlight those, and writes that are not yet acked
   */
  public record Budgets(Budget chunks, Budget inFlight) {}

  /** What the owner does for it; never calls back from within. */
  public interface Output {
    /** Whether there is room in the socket; {@link #onWritable} tells when there is again. */
    boolean writable();

    /** Sends one frame. */
    void send(Buffer frame);

    /** Closes the connection; nothing is sent after it. */
    void close(int code, String reason);

    /** Stops reading from the socket. */
    void pause();

    /** Reads on. */
    void resume();

    /**
     * Gets records into a store; answered by {@link #onSettled}.
     *
     * @param bytes reserved in {@link Budgets#inFlight}; whoever settles the write releases them,
     *     also if this session has ended
     */
    void submit(long token, StoreKey store, List<NewRecord> records, long bytes);

    /**
     * Asks whether a write in the clear is allowed, and where it goes; answered by {@link
     * #onWriteAdmitted} or {@link #onDenied}.
     */
    void admitWrite(long request, String publicKey, List<Entry> entries);

    /**
     * Asks whether a subscription in the clear is allowed, and to what; answered by {@link
     * #onReadAdmitted} or {@link #onDenied}.
     */
    void admitRead(long request, String publicKey);

    /** Asks for a store's feed; answered by {@link #onSubscribed}. */
    void subscribe(long subscription, StoreKey store);

    /** The feed is no longer needed. */
    void unsubscribe(long subscription, StoreKey store);

    /** A request in the clear was refused, for the log. */
    void refused(String requestTag, String publicKey, ErrorCode code, String reason);

    /** Reads a store; answered by {@link #onPage} or {@link #onReadFailed}. */
    void read(ReadRequest request);

    /** A peer knows sequences that the store has not reached: its data set was replaced by an older one. */
    void cursorBeyondHead(StoreKey store, long cursor, long head);

    /** An ack has been sent, for the count. */
    void acked();

    /** Entries have been sent, for the count. */
    void delivered(int entries);
  }

  /**
   * What a subscription sees compacted: everything up to {@code head} that was old at {@code nowMs}.
   *
   * @param nowMs Unix milliseconds when the subscription began
   * @param head the store's head then
   */
  public record Projection(long nowMs, long head) {}

  /** A read of the storage for one subscription. Opaque but for what the storage needs. */
  public static final class ReadRequest {
    private final Subscription subscription;
    private final int generation;
    private final StoreKey store;
    private final long from;
    private final @Nullable Projection projection;

    private ReadRequest(Subscription subscription, StoreKey store) {
      this.subscription = subscription;
      this.generation = subscription.generation;
      this.store = store;
      this.from = subscription.cursor;
      this.projection =
          subscription.cursor <= subscription.projectedThrough() ? subscription.projection : null;
    }

    /** The subscription it is for. */
    public long subscription() {
      return subscription.id;
    }

    /** The store to read. */
    public StoreKey store() {
      return store;
    }

    /** What to read through; null to read the store as it is. */
    public @Nullable Projection projection() {
      return projection;
    }

    /** The first sequence wanted. */
    public long from() {
      return from;
    }

    /** The most records wanted. */
    public int maxRecords() {
      return READ_RECORDS;
    }

    /** The most bytes wanted. */
    public long maxBytes() {
      return READ_BYTES;
    }
  }

  /** One key's subscription: a cursor, and what must be known to move it. */
  private static final class Subscription {
    final long id;
    final Key key;
    final Map<EntryId, Write> own = new HashMap<>();
    final PriorityQueue<Write> held =
        new PriorityQueue<>(Comparator.comparingLong(write -> write.greatest));
    final ArrayDeque<Frame> page = new ArrayDeque<>();
    long cursor;
    long pageNext;
    int generation;

    /** Null until a subscription in the clear is admitted. */
    @Nullable
    StoreKey store;

    @Nullable
    Feed feed;

    /** Whether the backlog is read compacted: settled once the feed is there. */
    boolean compacted;

    @Nullable
    Projection projection;

    boolean checked;
    boolean queued;
    boolean reading;
    boolean stalled;
    boolean stopped;
    boolean stoppedByPeer;

    Subscription(long id, Key key) {
      this.id = id;
      this.key = key;
    }

    long projectedThrough() {
      return projection == null ? 0 : projection.head;
    }
  }

  /** What a peer subscribes to and writes under: the two variants of a key never meet. */
  private record Key(String publicKey, boolean plain) {}

  /** A write that is not yet acked. */
  private static final class Write {
    final double id;
    final Key key;
    final List<EntryId> ids;
    final long bytes;
    final long heldBytes;
    /** What it was begun under, or what has replaced that since. */
    @Nullable
    Subscription under;

    @Nullable
    StoreKey store;

    long[] sequences = {};
    long greatest;

    Write(
        double id,
        Key key,
        List<EntryId> ids,
        long bytes,
        long heldBytes,
        @Nullable Subscription under) {
      this.id = id;
      this.key = key;
      this.ids = ids;
      this.bytes = bytes;
      this.heldBytes = heldBytes;
      this.under = under;
    }
  }

  /** A write in the clear that waits for admission, its own or that of one before it. */
  private static final class Proposal {
    final Write write;
    final List<ClientMessage.PlainItem> items;
    final boolean inOrder;

    @Nullable
    Runnable answer;

    Proposal(Write write, List<ClientMessage.PlainItem> items, boolean inOrder) {
      this.write = write;
      this.items = items;
      this.inOrder = inOrder;
    }
  }

  private record Reply(
      Buffer frame, boolean isAck, @Nullable Write settles) {
    static Reply ack(double id, long[] sequences, @Nullable Write settles) {
      double[] numbers = new double[sequences.length];
      for (int i = 0; i < sequences.length; i++) {
        numbers[i] = sequences[i];
      }
      return new Reply(
          Buffer.buffer(V3Codec.encode(new ServerMessage.Ack(id, numbers))), true, settles);
    }
  }

  private final Principal principal;
  private final RemoteId remoteId;
  private final Options options;
  private final Budgets budgets;
  private final Output out;
  private final ChunkAssembler chunks;
  private final Map<Key, Subscription> subscriptions = new HashMap<>();
  private final Map<Long, Subscription> byId = new HashMap<>();
  private final Set<String> plainKeys = new HashSet<>();

  /** Per key, in the order they came in, which is the order they are to be appended in. */
  private final Map<String, ArrayDeque<Proposal>> proposals = new HashMap<>();

  private final Map<Long, Proposal> admitting = new HashMap<>();
  private final Map<Long, Write> unsettled = new HashMap<>();
  private final ArrayDeque<Subscription> ready = new ArrayDeque<>();
  private final ArrayDeque<Subscription> wantRead = new ArrayDeque<>();
  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  private final ArrayDeque<Buffer> rest = new ArrayDeque<>();
  private @Nullable Subscription restOf;
  private @Nullable Double pong;
  private long tokens;
  private long requests;
  private long chunkBytes;
  private long inFlightBytes;
  private int inFlightWrites;
  private int opening;
  private int reads;
  private boolean paused;
  private boolean closed;
  private boolean pumping;

  /** A session that has said nothing yet. */
  public HubSession(
      Principal principal, RemoteId remoteId, Options options, Budgets budgets, Output out) {
    this.principal = principal;
    this.remoteId = remoteId;
    this.options = options;
    this.budgets = budgets;
    this.out = out;
    this.chunks = new ChunkAssembler(Math.min(options.chunkBytes, options.message));
  }

  /** Who is at the other end. */
  public Principal principal() {
    return principal;
  }

  /** The bytes of this connection's unfinished chunks and unacked writes. */
  public long bytesHeld() {
    return chunkBytes + inFlightBytes;
  }

  /** The stores it is subscribed to. */
  public List<StoreKey> stores() {
    List<StoreKey> stores = new ArrayList<>();
    for (Subscription sub : subscriptions.values()) {
      if (sub.store != null) {
        stores.add(sub.store);
      }
    }
    return stores;
  }

  /** The keys it has subscriptions in the clear for, with the stores they were admitted to. */
  public Map<String, StoreKey.Plain> plainSubscriptions() {
    Map<String, StoreKey.Plain> stores = new HashMap<>();
    for (Subscription sub : subscriptions.values()) {
      if (sub.store instanceof StoreKey.Plain store) {
        stores.put(sub.key.publicKey, store);
      }
    }
    return stores;
  }

  /** The connection is there: says Hello. */
  public void open() {
    out.send(Buffer.buffer(V3Codec.encode(new ServerMessage.Hello(remoteId.toBytes()))));
  }

  /** A binary frame has come. */
  public void onFrame(byte[] frame, long nowMs) {
    if (closed) {
      return;
    }
    try {
      onMessage(V3Codec.decodeClient(frame), frame.length, nowMs, 0);
    } catch (MalformedMessageException e) {
      close(CloseCode.INVALID_PAYLOAD, String.valueOf(e.getMessage()));
    }
    updatePause();
  }

  /** A write has been decided. */
  public void onSettled(long token, Outcome outcome) {
    Write write = unsettled.remove(token);
    if (write == null || closed) {
      return;
    }
    inFlightBytes -= write.bytes;
    if (outcome instanceof Outcome.Committed committed) {
      write.sequences = committed.sequences();
      for (long sequence : write.sequences) {
        write.greatest = Math.max(write.greatest, sequence);
      }
      onCommitted(write);
    } else if (outcome instanceof Outcome.Failed failed) {
      onFailed(write, failed);
    }
    updatePause();
  }

  private void onFailed(Write write, Outcome.Failed failed) {
    release(write);
    forget(write);
    boolean rejected = failed.why() == Outcome.Why.REJECTED;
    if (failed.why() == Outcome.Why.UNDECIDED || !write.key.plain) {
      close(rejected ? CloseCode.POLICY_VIOLATION : CloseCode.INTERNAL_ERROR, failed.reason());
    } else {
      refuse(
          WRITE_TAG,
          write.id,
          write.key.publicKey,
          rejected ? ErrorCode.InvalidRequest : ErrorCode.InternalServerError,
          rejected ? "the storage refuses this write" : "the storage is not available");
    }
  }

  /** What was admitted as a subscription's write is not its own any more. */
  private static void forget(Write write) {
    if (write.under != null) {
      for (EntryId id : write.ids) {
        write.under.own.remove(id, write);
      }
    }
  }

  /** A write in the clear is allowed and goes to {@code store}. */
  public void onWriteAdmitted(long request, StoreKey.Plain store) {
    answer(request, proposal -> submit(proposal, store));
  }

  /**
   * A subscription in the clear is allowed, to {@code store}.
   *
   * @param compacted whether its backlog is to be read compacted
   */
  public void onReadAdmitted(long request, StoreKey.Plain store, boolean compacted) {
    Subscription sub = byId.get(request);
    if (sub == null || closed) {
      return;
    }
    sub.store = store;
    sub.compacted = compacted;
    sub.held.removeIf(write -> {
      boolean elsewhere = !write.ids.isEmpty() && !store.equals(write.store);
      if (elsewhere) {
        reply(Reply.ack(write.id, write.sequences, write));
      }
      return elsewhere;
    });
    out.subscribe(sub.id, store);
  }

  /** What was asked by {@link Output#admitWrite} or {@link Output#admitRead} is not allowed. */
  public void onDenied(long request, ErrorCode code, String message) {
    Subscription sub = byId.get(request);
    if (sub != null) {
      endPlain(sub, code, message);
    } else {
      answer(request, proposal -> {
        Write write = proposal.write;
        unadmitted(write);
        refuse(WRITE_TAG, write.id, write.key.publicKey, code, message);
      });
    }
    updatePause();
  }

  /** A key is not mapped any more to the store it was admitted to: its subscription ends. */
  public void onUnmapped(String publicKey, StoreKey.Plain store, String message) {
    Subscription sub = subscriptions.get(new Key(publicKey, true));
    if (sub != null && store.equals(sub.store)) {
      endPlain(sub, ErrorCode.InvalidRequest, message);
    }
    updatePause();
  }

  /** A subscription has its feed. */
  public void onSubscribed(long subscription, Feed feed, long nowMs) {
    Subscription sub = byId.get(subscription);
    if (sub == null || closed) {
      return;
    }
    opening--;
    sub.feed = feed;
    if (sub.compacted) {
      sub.projection = new Projection(nowMs, feed.head());
    }
    moveMarks(sub, feed.head(), false);
    enqueue(sub);
    pump();
    updatePause();
  }

  /** The feed of a subscription has more. */
  public void onFeedAdvanced(long subscription) {
    Subscription sub = byId.get(subscription);
    if (sub == null || closed || sub.feed == null) {
      return;
    }
    enqueue(sub);
    pump();
  }

  /** A read has returned. */
  public void onPage(ReadRequest request, Page page) {
    Subscription sub = request.subscription;
    if (closed) {
      return;
    }
    readDone(sub);
    if (sub.generation == request.generation && !sub.stopped) {
      takePage(sub, page);
    }
    if (!sub.stopped && !sub.stalled) {
      enqueue(sub);
    }
    pump();
  }

  /** A read has failed; it is tried again on a later tick. */
  public void onReadFailed(ReadRequest request) {
    if (!closed) {
      request.subscription.stalled = true;
      readDone(request.subscription);
      pump();
    }
  }

  /** There is room in the socket again. */
  public void onWritable() {
    pump();
    updatePause();
  }

  /** Time has passed: about once a second. */
  public void onTick(long nowMs) {
    if (closed) {
      return;
    }
    OptionalLong oldest = chunks.oldestMs();
    if (oldest.isPresent() && nowMs - oldest.getAsLong() > options.chunkIdleMs) {
      close(CloseCode.POLICY_VIOLATION, "a chunked message was begun and not finished");
      return;
    }
    for (Subscription sub : subscriptions.values()) {
      if (sub.stalled) {
        sub.stalled = false;
        enqueue(sub);
      }
    }
    pump();
  }

  /** The connection is gone. Idempotent. */
  public void onClosed() {
    if (closed) {
      return;
    }
    closed = true;
    for (Subscription sub : subscriptions.values()) {
      sub.stopped = true;
      unsubscribe(sub);
      sub.held.forEach(this::release);
    }
    unsettled.values().forEach(this::release);
    proposals.values().forEach(some -> some.forEach(proposal -> unadmitted(proposal.write)));
    for (Reply reply : replies) {
      if (reply.settles != null) {
        release(reply.settles);
      }
    }
    subscriptions.clear();
    byId.clear();
    proposals.clear();
    admitting.clear();
    unsettled.clear();
    replies.clear();
    ready.clear();
    wantRead.clear();
    rest.clear();
    releaseChunks(0);
  }

  private void close(int code, String reason) {
    if (!closed) {
      onClosed();
      out.close(code, reason);
    }
  }

  private void onMessage(ClientMessage message, long bytes, long nowMs, int depth)
      throws MalformedMessageException {
    if (message instanceof WriteEntries write) {
      onWrite(write, bytes);
    } else if (message instanceof ClientMessage.Ping ping) {
      pong = ping.id();
      pump();
    } else if (message instanceof ClientMessage.Chunked chunked) {
      onChunk(chunked.chunk(), nowMs, depth);
    } else if (message instanceof ClientMessage.RequestChanges request) {
      onRequest(request);
    } else if (message instanceof ClientMessage.StopChanges stop) {
      onStop(stop.publicKey());
    } else if (message instanceof WriteEntriesUnencrypted write) {
      onPlainWrite(write, bytes);
    }
  }

  private void onChunk(Chunk chunk, long nowMs, int depth) throws MalformedMessageException {
    if (depth == MAX_NESTED_CHUNKS) {
      throw new MalformedMessageException(
          "ChunkedMessage: nested more than " + MAX_NESTED_CHUNKS + " deep");
    }
    Optional<List<byte[]>> joined = chunks.add(chunk, nowMs);
    long held = chunks.bytesHeld();
    if (held > chunkBytes) {
      long more = held - chunkBytes;
      if (!budgets.chunks.tryReserve(more)) {
        close(CloseCode.TRY_AGAIN_LATER, "no room for chunks: limits.chunkBytesTotal");
        return;
      }
      if (!budgets.inFlight.tryReserve(more)) {
        budgets.chunks.release(more);
        close(CloseCode.TRY_AGAIN_LATER, "no room for chunks: limits.inFlightBytesTotal");
        return;
      }
      chunkBytes = held;
    }
    releaseChunks(held);
    if (joined.isPresent()) {
      long bytes = 0;
      for (byte[] part : joined.get()) {
        bytes += part.length;
      }
      onMessage(V3Codec.decodeClient(joined.get()), bytes, nowMs, depth + 1);
    }
  }

  private void releaseChunks(long keep) {
    if (chunkBytes > keep) {
      budgets.chunks.release(chunkBytes - keep);
      budgets.inFlight.release(chunkBytes - keep);
      chunkBytes = keep;
    }
  }

  private void onWrite(WriteEntries message, long messageBytes) {
    if (!mayUse(message.publicKey())) {
      return;
    }
    int n = message.entries().size();
    if (n == 0) {
      Key key = new Key(message.publicKey(), false);
      Subscription sub = message.inOrder() ? subscriptions.get(key) : null;
      if (sub != null) {
        Write mark = begin(message.id(), key, List.of(), 0);
        if (mark != null) {
          answerInOrder(mark, sub);
        }
      } else {
        reply(Reply.ack(message.id(), new long[0], null));
      }
      return;
    }
    if (principal.readOnly()) {
      close(CloseCode.POLICY_VIOLATION, "WriteEntries: the token may only read");
      return;
    }
    List<NewRecord> records = new ArrayList<>(n);
    for (ClientMessage.SealedItem item : message.entries()) {
      if (item.entryId().length < EntryId.SIZE || !EntryId.of(item.entryId()).isValid()) {
        close(
            CloseCode.POLICY_VIOLATION,
            "WriteEntries: entryId of entry " + records.size() + " is not a UUID of 16 bytes");
        return;
      }
      if (item.ciphertext().length > options.payload) {
        close(
            CloseCode.TOO_BIG,
            "WriteEntries: entry "
                + records.size()
                + " has "
                + item.ciphertext().length
                + " bytes, limits.payload allows "
                + options.payload);
        return;
      }
      records.add(NewRecord.sealed(EntryId.of(item.entryId()), message.iv(), item.ciphertext()));
    }
    Write write = begin(
        message.id(),
        new Key(message.publicKey(), false),
        records.stream().map(record -> record.ids().get(0)).toList(),
        messageBytes);
    if (write != null) {
      submit(write, new StoreKey.Sealed(principal.tenant(), message.publicKey()), records);
    }
  }

  /** Makes room for a write. Returns null if there is none, and the session is over. */
  private @Nullable Write begin(double id, Key key, List<EntryId> ids, long messageBytes) {
    long bytes = messageBytes + PER_ENTRY * ids.size();
    long heldBytes = PER_WRITE + PER_HELD_ENTRY * ids.size();
    if (!budgets.inFlight.tryReserve(bytes + heldBytes)) {
      close(CloseCode.TRY_AGAIN_LATER, "no room for a write: limits.inFlightBytesTotal");
      return null;
    }
    Subscription under = subscriptions.get(key);
    Write write = new Write(id, key, ids, bytes, heldBytes, under);
    if (under != null) {
      for (EntryId entry : ids) {
        under.own.put(entry, write);
      }
    }
    inFlightBytes += bytes + heldBytes;
    inFlightWrites++;
    return write;
  }

  private void submit(Write write, StoreKey store, List<NewRecord> records) {
    long token = ++tokens;
    write.store = store;
    unsettled.put(token, write);
    out.submit(token, store, records, write.bytes);
  }

  private void onPlainWrite(WriteEntriesUnencrypted message, long messageBytes) {
    String publicKey = message.publicKey();
    if (!isPlain(publicKey)) {
      return;
    }
    int n = message.entries().size();
    List<EntryId> ids = new ArrayList<>(n);
    List<Entry> entries = new ArrayList<>(n);
    for (ClientMessage.PlainItem item : message.entries()) {
      if (item.id().length < EntryId.SIZE) {
        refuse(
            WRITE_TAG,
            message.id(),
            publicKey,
            ErrorCode.InvalidRequest,
            "the id of entry " + ids.size() + " is not a UUID of 16 bytes");
        return;
      }
      Entry entry = item.toEntry();
      ids.add(entry.id());
      entries.add(entry);
    }
    Write write = begin(message.id(), new Key(publicKey, true), ids, messageBytes);
    if (write == null) {
      return;
    }
    Proposal proposal = new Proposal(write, message.entries(), message.inOrder());
    proposals.computeIfAbsent(publicKey, key -> new ArrayDeque<>()).add(proposal);
    long request = ++requests;
    admitting.put(request, proposal);
    out.admitWrite(request, publicKey, entries);
  }

  /** A write's admission was decided; it takes effect once those before it have taken theirs. */
  private void answer(long request, Consumer<Proposal> effect) {
    Proposal answered = admitting.remove(request);
    if (answered == null || closed) {
      return;
    }
    answered.answer = () -> effect.accept(answered);
    String publicKey = answered.write.key.publicKey;
    ArrayDeque<Proposal> queue = proposals.getOrDefault(publicKey, new ArrayDeque<>());
    for (Proposal first = queue.peek(); first != null; first = queue.peek()) {
      Runnable answer = first.answer;
      if (answer == null) {
        return;
      }
      queue.remove();
      if (queue.isEmpty()) {
        proposals.remove(publicKey);
      }
      answer.run();
    }
  }

  private void submit(Proposal proposal, StoreKey.Plain store) {
    Write write = proposal.write;
    List<NewRecord> records = new ArrayList<>(proposal.items.size());
    byte[] author = write.key.publicKey.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < proposal.items.size(); i++) {
      ClientMessage.PlainItem item = proposal.items.get(i);
      EntryId id = write.ids.get(i);
      Optional<String> problem = EntryRules.problem(
          id, item.event(), item.primaryKey(), item.payload().length, options.payload);
      if (problem.isPresent()) {
        unadmitted(write);
        refuse(
            WRITE_TAG,
            write.id,
            write.key.publicKey,
            ErrorCode.InvalidRequest,
            "entry " + i + ": " + problem.get());
        return;
      }
      records.add(
          NewRecord.plain(id, item.event(), item.primaryKey(), item.payload(), true, author));
    }
    if (records.isEmpty()) {
      Subscription sub = proposal.inOrder ? subscriptions.get(write.key) : null;
      if (sub != null) {
        inFlightBytes -= write.bytes;
        budgets.inFlight.release(write.bytes);
        answerInOrder(write, sub);
      } else {
        unadmitted(write);
        reply(Reply.ack(write.id, new long[0], null));
      }
    } else {
      submit(write, store, records);
    }
  }

  /** A write that never went to the storage. */
  private void unadmitted(Write write) {
    inFlightBytes -= write.bytes;
    budgets.inFlight.release(write.bytes);
    release(write);
    forget(write);
  }

  /** Acks a write without entries once everything the store has by now has been sent. */
  private void answerInOrder(Write mark, Subscription sub) {
    mark.greatest = sub.feed == null ? UNKNOWN_HEAD : sub.feed.head();
    sub.held.add(mark);
    releaseHeld(sub);
  }

  /** The marks held under a subscription wait for this head now, those of an unknown one or all. */
  private static void moveMarks(Subscription sub, long head, boolean all) {
    List<Write> moved = new ArrayList<>();
    sub.held.removeIf(write -> {
      boolean moves = write.ids.isEmpty() && (all || write.greatest == UNKNOWN_HEAD);
      if (moves) {
        moved.add(write);
      }
      return moves;
    });
    for (Write mark : moved) {
      mark.greatest = head;
      sub.held.add(mark);
    }
  }

  private void onCommitted(Write write) {
    Subscription sub = subscriptions.get(write.key);
    if (sub != null && (sub.store == null || sub.store.equals(write.store))) {
      sub.held.add(write);
      releaseHeld(sub);
    } else if (write.under != null && write.under.stoppedByPeer) {
      // StopChanges came between: foreign entries below may never have been sent.
      release(write);
    } else {
      reply(Reply.ack(write.id, write.sequences, write));
    }
  }

  private void onRequest(ClientMessage.RequestChanges request) {
    String publicKey = request.publicKey();
    if (request.unencrypted() || plainKeys.contains(publicKey)) {
      onPlainRequest(publicKey, request.startSequence());
      return;
    }
    if (!mayUse(publicKey)) {
      return;
    }
    Key key = new Key(publicKey, false);
    Subscription sub = subscriptions.get(key);
    if (sub == null) {
      sub = begin(key, request.startSequence());
      if (sub != null) {
        sub.store = new StoreKey.Sealed(principal.tenant(), publicKey);
        out.subscribe(sub.id, sub.store);
      }
    } else {
      // Replaces the old one in place: its own cursor, its own idea of what is the peer's own.
      sub.generation++;
      sub.cursor = cursor(request.startSequence());
      sub.own.clear();
      sub.page.clear();
      sub.checked = false;
      holdUnsent(sub);
      if (sub.feed != null) {
        enqueue(sub);
      }
      pump();
    }
  }

  /** Begins a subscription. Returns null if there are too many, and the session is over. */
  private @Nullable Subscription begin(Key key, double startSequence) {
    if (subscriptions.size() == options.subscriptions) {
      close(
          CloseCode.POLICY_VIOLATION,
          "RequestChanges: more keys than limits.subscriptions allows: " + options.subscriptions);
      return null;
    }
    Subscription sub = new Subscription(++requests, key);
    subscriptions.put(key, sub);
    byId.put(sub.id, sub);
    opening++;
    sub.cursor = cursor(startSequence);
    holdUnsent(sub);
    return sub;
  }

  private void onPlainRequest(String publicKey, double startSequence) {
    if (!isPlain(publicKey)) {
      return;
    }
    Key key = new Key(publicKey, true);
    // A new one: it is asked about anew, and may lead to another store.
    Subscription before = subscriptions.remove(key);
    if (before != null) {
      end(before);
    }
    Subscription sub = begin(key, startSequence);
    if (sub == null) {
      return;
    }
    if (before != null) {
      sub.held.addAll(before.held);
      takeOver(before, sub);
    }
    // It may lead to another store, with another head.
    moveMarks(sub, UNKNOWN_HEAD, true);
    out.admitRead(sub.id, publicKey);
  }

  private void takeOver(Subscription before, Subscription sub) {
    for (Write write : unsettled.values()) {
      if (write.under == before) {
        write.under = sub;
      }
    }
    for (Proposal proposal : proposals.getOrDefault(sub.key.publicKey, new ArrayDeque<>())) {
      if (proposal.write.under == before) {
        proposal.write.under = sub;
      }
    }
  }

  private void endPlain(Subscription sub, ErrorCode code, String message) {
    if (closed) {
      return;
    }
    subscriptions.remove(sub.key, sub);
    end(sub);
    // Nothing foreign follows that an ack could overtake. Who asked whether all has come is first
    // told
    // that it has not.
    List<Write> marks = new ArrayList<>();
    for (Write write : sub.held) {
      if (write.ids.isEmpty()) {
        marks.add(write);
      } else {
        reply(Reply.ack(write.id, write.sequences, write));
      }
    }
    sub.held.clear();
    refuse("RequestChanges", null, sub.key.publicKey, code, message);
    for (Write mark : marks) {
      reply(Reply.ack(mark.id, mark.sequences, mark));
    }
  }

  /** Notes that this connection means the store in the clear by {@code publicKey}. */
  private boolean isPlain(String publicKey) {
    if (plainKeys.size() >= options.subscriptions && !plainKeys.contains(publicKey)) {
      close(CloseCode.POLICY_VIOLATION, "more keys than limits.subscriptions allows");
      return false;
    }
    plainKeys.add(publicKey);
    return true;
  }

  private static long cursor(double startSequence) {
    return startSequence > 1 ? (long) Math.ceil(Math.min(startSequence, GREATEST_SEQUENCE)) : 1;
  }

  private void onStop(String publicKey) {
    stop(new Key(publicKey, false));
    stop(new Key(publicKey, true));
  }

  private void stop(Key key) {
    Subscription sub = subscriptions.remove(key);
    if (sub == null) {
      return;
    }
    end(sub);
    sub.stoppedByPeer = true;
    // What waited for room under this subscription is not sent: it stays in doubt for the peer.
    holdUnsent(sub);
    sub.held.forEach(this::release);
    sub.held.clear();
  }

  private void end(Subscription sub) {
    byId.remove(sub.id);
    sub.stopped = true;
    if (sub.feed == null) {
      opening--;
    }
    unsubscribe(sub);
    sub.page.clear();
    if (restOf == sub) {
      rest.clear();
    }
  }

  private void unsubscribe(Subscription sub) {
    if (sub.store != null) {
      out.unsubscribe(sub.id, sub.store);
    }
  }

  /** Acks that were due and found no room wait for the cursor of a later subscription like others. */
  private void holdUnsent(Subscription sub) {
    replies.removeIf(reply -> {
      Write write = reply.settles;
      boolean hold = write != null && write.key.equals(sub.key);
      if (hold) {
        sub.held.add(write);
      }
      return hold;
    });
  }

  private boolean mayUse(String publicKey) {
    if (principal.mayUse(publicKey)) {
      return true;
    }
    close(
        CloseCode.POLICY_VIOLATION,
        "the token may not use the key " + StoreKey.cut(publicKey) + "…");
    return false;
  }

  private void refuse(
      String requestTag, @Nullable Double id, String publicKey, ErrorCode code, String message) {
    out.refused(requestTag, publicKey, code, message);
    reply(new Reply(
        Buffer.buffer(
            V3Codec.encode(new ServerMessage.Refusal(requestTag, id, publicKey, code, message))),
        false,
        null));
  }

  private void enqueue(Subscription sub) {
    if (!sub.queued && !sub.reading) {
      sub.queued = true;
      ready.add(sub);
    }
  }

  private void reply(Reply reply) {
    replies.add(reply);
    pump();
  }

  private void pump() {
    if (pumping || closed) {
      return;
    }
    pumping = true;
    while (!closed && out.writable() && sendNext()) {
      // goes on
    }
    pumping = false;
  }

  /** Sends or moves one thing. Returns false if there was nothing. */
  private boolean sendNext() {
    if (pong != null) {
      Buffer frame = Buffer.buffer(V3Codec.encode(new ServerMessage.Pong(pong)));
      pong = null;
      out.send(frame);
      return true;
    }
    Buffer piece = rest.poll();
    if (piece != null) {
      out.send(piece);
      return true;
    }
    Reply reply = replies.poll();
    if (reply != null) {
      if (reply.settles != null) {
        release(reply.settles);
      }
      out.send(reply.frame);
      if (reply.isAck) {
        out.acked();
      }
      return true;
    }
    Subscription sub = ready.poll();
    if (sub == null) {
      return false;
    }
    sub.queued = false;
    if (!sub.stopped && sub.feed != null && !sub.reading) {
      step(sub, sub.feed);
    }
    return true;
  }

  private void step(Subscription sub, Feed feed) {
    Frame paged = sub.page.poll();
    if (paged != null) {
      deliver(sub, paged);
      if (sub.page.isEmpty()) {
        sub.cursor = Math.max(sub.cursor, sub.pageNext);
        releaseHeld(sub);
      }
      enqueue(sub);
      return;
    }
    if (!sub.checked) {
      if (sub.cursor > feed.head() + 1) {
        // Only the storage can say whether the feed is late or the peer is ahead of the data.
        read(sub);
        return;
      }
      sub.checked = true;
      releaseHeld(sub);
    }
    Frame frame = sub.cursor > sub.projectedThrough() ? feed.frameAt(sub.cursor) : null;
    if (frame != null) {
      deliver(sub, frame);
      enqueue(sub);
    } else if (sub.cursor <= feed.head()) {
      read(sub);
    }
  }

  private void deliver(Subscription sub, Frame frame) {
    Frame.Encoded message = sub.own.isEmpty() && frame.first() >= sub.cursor
        ? frame.encode(sub.key.publicKey)
        : frame.encodeFrom(sub.key.publicKey, sub.cursor, sub.own::containsKey);
    sub.cursor = frame.last() + 1;
    if (message.entries() > 0) {
      out.send(message.pieces().get(0));
      rest.addAll(message.pieces().subList(1, message.pieces().size()));
      restOf = sub;
      out.delivered(message.entries());
    }
    releaseHeld(sub);
  }

  private void read(Subscription sub) {
    StoreKey store = sub.store;
    if (store == null) {
      return;
    }
    if (reads == MAX_READS) {
      wantRead.add(sub);
      sub.queued = true;
      return;
    }
    reads++;
    sub.reading = true;
    sub.stalled = false;
    out.read(new ReadRequest(sub, store));
  }

  private void readDone(Subscription sub) {
    reads--;
    sub.reading = false;
    Subscription next = wantRead.poll();
    if (next != null) {
      next.queued = false;
      enqueue(next);
    }
  }

  private void takePage(Subscription sub, Page page) {
    StoreKey store = sub.store;
    if (store == null) {
      return;
    }
    if (!sub.checked) {
      sub.checked = true;
      if (sub.cursor > page.head() + 1) {
        out.cursorBeyondHead(store, sub.cursor, page.head());
        sub.cursor = page.head() + 1;
        releaseHeld(sub);
        return;
      }
      releaseHeld(sub);
    }
    sub.page.addAll(Frame.of(store, page.records()));
    sub.pageNext = page.next();
    if (sub.page.isEmpty()) {
      if (page.next() > sub.cursor) {
        sub.cursor = page.next();
        releaseHeld(sub);
      } else if (sub.feed != null && sub.cursor <= sub.feed.head()) {
        // The storage shows less than the feed knows: ask again later rather than at once.
        sub.stalled = true;
      }
    }
  }

  private void releaseHeld(Subscription sub) {
    while (sub.checked) {
      Write write = sub.held.peek();
      if (write == null || write.greatest >= sub.cursor) {
        return;
      }
      sub.held.remove();
      for (EntryId id : write.ids) {
        sub.own.remove(id, write);
      }
      reply(Reply.ack(write.id, write.sequences, write));
    }
  }

  private void release(Write write) {
    inFlightBytes -= write.heldBytes;
    inFlightWrites--;
    budgets.inFlight.release(write.heldBytes);
  }

  private void updatePause() {
    if (closed) {
      return;
    }
    boolean full = (inFlightWrites > 1 && inFlightBytes > options.inFlightBytes)
        || replies.size() > MAX_REPLIES
        || opening > MAX_OPENING;
    if (full != paused) {
      paused = full;
      if (full) {
        out.pause();
      } else {
        out.resume();
      }
    }
  }
}
