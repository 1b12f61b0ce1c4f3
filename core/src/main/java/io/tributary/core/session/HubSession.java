package io.tributary.core.session;

import io.tributary.core.hub.Budget;
import io.tributary.core.hub.Feed;
import io.tributary.core.hub.Frame;
import io.tributary.core.hub.Outcome;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.WriteEntries;
import io.tributary.core.wire.v3.ClientMessage.WriteEntriesUnencrypted;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.buffer.Buffer;
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
 * submitted since the subscription began is left out of it, by id.
 */
public final class HubSession {
  /** Keeps decoded objects, indexes and the like in the count of bytes held. */
  private static final long PER_ENTRY = 192;

  private static final long PER_HELD_ENTRY = 128;
  private static final long PER_WRITE = 256;
  private static final int MAX_READS = 4;
  private static final int MAX_OPENING = 64;
  private static final int MAX_REPLIES = 1024;
  private static final int MAX_NESTED_CHUNKS = 3;
  private static final long READ_BYTES = 256 * 1024;
  private static final int READ_RECORDS = 4096;
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
    void submit(long token, StoreKey.Sealed store, List<NewRecord> records, long bytes);

    /** Asks for a store's feed; answered by {@link #onSubscribed}. */
    void subscribe(long subscription, StoreKey.Sealed store);

    /** The feed is no longer needed. */
    void unsubscribe(long subscription, StoreKey.Sealed store);

    /** Reads a store; answered by {@link #onPage} or {@link #onReadFailed}. */
    void read(ReadRequest request);

    /** A peer knows sequences that the store has not reached: its data set was replaced by an older one. */
    void cursorBeyondHead(StoreKey.Sealed store, long cursor, long head);

    /** An ack has been sent, for the count. */
    void acked();

    /** Entries have been sent, for the count. */
    void delivered(int entries);
  }

  /** A read of the storage for one subscription. Opaque but for what the storage needs. */
  public static final class ReadRequest {
    private final Subscription subscription;
    private final int generation;
    private final long from;

    private ReadRequest(Subscription subscription) {
      this.subscription = subscription;
      this.generation = subscription.generation;
      this.from = subscription.cursor;
    }

    /** The store to read. */
    public StoreKey.Sealed store() {
      return subscription.store;
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
    final StoreKey.Sealed store;
    final Map<EntryId, Write> own = new HashMap<>();
    final PriorityQueue<Write> held =
        new PriorityQueue<>(Comparator.comparingLong(write -> write.greatest));
    final ArrayDeque<Frame> page = new ArrayDeque<>();
    long cursor;
    long pageNext;
    int generation;

    @Nullable
    Feed feed;

    boolean checked;
    boolean queued;
    boolean reading;
    boolean stalled;
    boolean stopped;

    Subscription(long id, StoreKey.Sealed store) {
      this.id = id;
      this.store = store;
    }
  }

  /** A write that is not yet acked. */
  private static final class Write {
    final double id;
    final String publicKey;
    final List<NewRecord> records;
    final long bytes;
    final long heldBytes;
    final @Nullable Subscription under;
    long[] sequences = {};
    long greatest;

    Write(
        double id,
        String publicKey,
        List<NewRecord> records,
        long bytes,
        long heldBytes,
        @Nullable Subscription under) {
      this.id = id;
      this.publicKey = publicKey;
      this.records = records;
      this.bytes = bytes;
      this.heldBytes = heldBytes;
      this.under = under;
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
  private final Map<String, Subscription> subscriptions = new HashMap<>();
  private final Map<Long, Subscription> byId = new HashMap<>();
  private final Set<String> plainKeys = new HashSet<>();
  private final Map<Long, Write> unsettled = new HashMap<>();
  private final ArrayDeque<Subscription> ready = new ArrayDeque<>();
  private final ArrayDeque<Subscription> wantRead = new ArrayDeque<>();
  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  private final ArrayDeque<Buffer> rest = new ArrayDeque<>();
  private @Nullable Subscription restOf;
  private @Nullable Double pong;
  private long tokens;
  private long subscriptionIds;
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
  public List<StoreKey.Sealed> stores() {
    return subscriptions.values().stream().map(sub -> sub.store).toList();
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
      release(write);
      close(
          failed.rejected() ? CloseCode.POLICY_VIOLATION : CloseCode.INTERNAL_ERROR,
          failed.reason());
    }
    updatePause();
  }

  /** A subscription has its feed. */
  public void onSubscribed(long subscription, Feed feed) {
    Subscription sub = byId.get(subscription);
    if (sub == null || closed) {
      return;
    }
    opening--;
    sub.feed = feed;
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
      out.unsubscribe(sub.id, sub.store);
      sub.held.forEach(this::release);
    }
    unsettled.values().forEach(this::release);
    for (Reply reply : replies) {
      if (reply.settles != null) {
        release(reply.settles);
      }
    }
    subscriptions.clear();
    byId.clear();
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
      if (isPlain(write.publicKey())) {
        refuse("WriteEntriesUnencrypted", write.id(), write.publicKey());
      }
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
      reply(Reply.ack(message.id(), new long[0], null));
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
    long bytes = messageBytes + PER_ENTRY * n;
    long heldBytes = PER_WRITE + PER_HELD_ENTRY * n;
    if (!budgets.inFlight.tryReserve(bytes + heldBytes)) {
      close(CloseCode.TRY_AGAIN_LATER, "no room for a write: limits.inFlightBytesTotal");
      return;
    }
    Subscription under = subscriptions.get(message.publicKey());
    Write write = new Write(message.id(), message.publicKey(), records, bytes, heldBytes, under);
    if (under != null) {
      for (NewRecord record : records) {
        under.own.put(record.ids().get(0), write);
      }
    }
    long token = ++tokens;
    unsettled.put(token, write);
    inFlightBytes += bytes + heldBytes;
    inFlightWrites++;
    out.submit(token, new StoreKey.Sealed(principal.tenant(), message.publicKey()), records, bytes);
  }

  private void onCommitted(Write write) {
    Subscription sub = subscriptions.get(write.publicKey);
    if (sub != null) {
      sub.held.add(write);
      releaseHeld(sub);
    } else if (write.under != null && write.under.stopped) {
      // StopChanges came between: foreign entries below may never have been sent.
      release(write);
    } else {
      reply(Reply.ack(write.id, write.sequences, write));
    }
  }

  private void onRequest(ClientMessage.RequestChanges request) {
    String publicKey = request.publicKey();
    if (!mayUse(publicKey)) {
      return;
    }
    if (request.unencrypted() || plainKeys.contains(publicKey)) {
      if (isPlain(publicKey)) {
        refuse("RequestChanges", null, publicKey);
      }
      return;
    }
    Subscription sub = subscriptions.get(publicKey);
    if (sub == null) {
      if (subscriptions.size() == options.subscriptions) {
        close(
            CloseCode.POLICY_VIOLATION,
            "RequestChanges: more keys than limits.subscriptions allows: " + options.subscriptions);
        return;
      }
      sub = new Subscription(++subscriptionIds, new StoreKey.Sealed(principal.tenant(), publicKey));
      subscriptions.put(publicKey, sub);
      byId.put(sub.id, sub);
      opening++;
      sub.cursor = cursor(request.startSequence());
      holdUnsent(sub);
      out.subscribe(sub.id, sub.store);
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

  /** Notes that this connection means the store in the clear by {@code publicKey}. */
  private boolean isPlain(String publicKey) {
    if (!mayUse(publicKey)) {
      return false;
    }
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
    Subscription sub = subscriptions.remove(publicKey);
    if (sub == null) {
      return;
    }
    byId.remove(sub.id);
    sub.stopped = true;
    if (sub.feed == null) {
      opening--;
    }
    out.unsubscribe(sub.id, sub.store);
    // What waited for room under this subscription is not sent: it stays in doubt for the peer.
    holdUnsent(sub);
    sub.held.forEach(this::release);
    sub.held.clear();
    sub.page.clear();
    if (restOf == sub) {
      rest.clear();
    }
  }

  /** Acks that were due and found no room wait for the cursor of a later subscription like others. */
  private void holdUnsent(Subscription sub) {
    replies.removeIf(reply -> {
      Write write = reply.settles;
      boolean hold = write != null && write.publicKey.equals(sub.store.publicKey());
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

  private void refuse(String requestTag, @Nullable Double id, String publicKey) {
    reply(new Reply(
        Buffer.buffer(V3Codec.encode(new ServerMessage.Refusal(
            requestTag,
            id,
            publicKey,
            ServerMessage.ErrorCode.InvalidRequest,
            "no store in the clear is mapped to this key"))),
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
    Frame frame = feed.frameAt(sub.cursor);
    if (frame != null) {
      deliver(sub, frame);
      enqueue(sub);
    } else if (sub.cursor <= feed.head()) {
      read(sub);
    }
  }

  private void deliver(Subscription sub, Frame frame) {
    Frame.Encoded message = sub.own.isEmpty() && frame.first() >= sub.cursor
        ? frame.encode()
        : frame.encodeFrom(sub.cursor, sub.own::containsKey);
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
    if (reads == MAX_READS) {
      wantRead.add(sub);
      sub.queued = true;
      return;
    }
    reads++;
    sub.reading = true;
    sub.stalled = false;
    out.read(new ReadRequest(sub));
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
    if (!sub.checked) {
      sub.checked = true;
      if (sub.cursor > page.head() + 1) {
        out.cursorBeyondHead(sub.store, sub.cursor, page.head());
        sub.cursor = page.head() + 1;
        releaseHeld(sub);
        return;
      }
      releaseHeld(sub);
    }
    sub.page.addAll(Frame.of(sub.store, page.records()));
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
      for (NewRecord record : write.records) {
        sub.own.remove(record.ids().get(0), write);
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
