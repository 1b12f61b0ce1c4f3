package io.tributary.storage.file;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.DataSetId;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. Whatever was submitted while a transaction was being synced goes into
 * the next one together (up to a number of records and bytes); a request's future completes after
 * the commit that holds it has returned, which is after the sync. A request that SQLite refuses is
 * run again alone, so that it fails alone.
 *
 * <p>The queue has no bound of its own: the hub has at most one append per store in flight, and all
 * of them within {@code limits.inFlightBytesTotal}.
 *
 * <h2>Errors</h2>
 *
 * <p>Nothing is committed before COMMIT is run. If COMMIT itself fails for want of room, the frame
 * that would have made it a commit is not in the log, and the outcome is known. After any other
 * failure of COMMIT it is not known: the log may hold the commit, or a part, and after a failed sync
 * the operating system takes the lost pages for written. Then nothing is written through the open
 * connections any more, while readers, who don't see that commit, go on. Once a file in the
 * directory can be written and synced again, everything is closed without touching the log, opened
 * again and {@linkplain Database#settle settled}. From there on what is readable is durable, and the
 * same ids get their final answer.
 */
final class Writer {
  static final String CLOSED = "the storage is closed";

  private static final Logger log = LoggerFactory.getLogger(Writer.class);

  /** Per transaction: bounds how long one takes. */
  private static final int MAX_RECORDS = 4096;

  /** As the number of records of work that has to be first in its transaction. */
  static final int FIRST = MAX_RECORDS + 1;

  private static final long MAX_BYTES = 8 * 1024 * 1024;

  /** Each time the log has grown by this many pages (16 MiB) it is copied to the database. */
  private static final int CHECKPOINT_PAGES = 4096;

  /** From here on (256 MiB) a checkpoint waits for readers, so that the log can start anew. */
  private static final int LOG_PAGES = 16 * CHECKPOINT_PAGES;

  /** What is written to find out whether there is room. */
  private static final int PROBE_BYTES = 64 * 1024;

  private final Vertx vertx;
  private final Database database;
  private final Readers readers;
  private final LinkedBlockingQueue<Request<?>> queue = new LinkedBlockingQueue<>();
  private final Request<?> wakeUp;
  private final Thread thread;
  private final Promise<Void> ended = Promise.promise();

  /** What is wrong, for operators; written by the writer thread. */
  private volatile @Nullable String trouble;

  private volatile boolean closing;

  /** Open while connections are. */
  private volatile @Nullable Scrubber scrubber;

  // The writer thread's own:
  private @Nullable WriteConnection connection;

  /** Whether the open connections must not be trusted with writes any more. */
  private boolean suspect;

  private int logPages;

  private int checkpointAt = CHECKPOINT_PAGES;

  /** What is done in a transaction. May be run more than once, each time in a new one. */
  interface Work<T> {
    T run(WriteConnection connection) throws SQLException, IOException;
  }

  /** A piece of work and who waits for it. */
  private static final class Request<T> {
    final Work<T> work;
    final int records;
    final long bytes;
    final Context context;
    final Promise<T> promise = Promise.promise();

    @Nullable
    Throwable failure;

    private @Nullable T result;

    Request(Work<T> work, int records, long bytes, Context context) {
      this.work = work;
      this.records = records;
      this.bytes = bytes;
      this.context = context;
    }

    void run(WriteConnection connection) throws SQLException, IOException {
      result = work.run(connection);
    }

    void complete() {
      if (failure != null) {
        promise.fail(failure);
      } else {
        promise.complete(result);
      }
    }
  }

  Writer(Vertx vertx, Database database, Readers readers, String name) {
    this.vertx = vertx;
    this.database = database;
    this.readers = readers;
    this.wakeUp = new Request<>(connection -> 0, 0, 0, vertx.getOrCreateContext());
    this.thread = new Thread(this::loop, name);
    this.thread.setDaemon(true);
  }

  /**
   * Opens the database, starts the thread and lets readers in. Blocking; once, before anything else.
   */
  DataSetId open() throws SQLException, IOException {
    List<ReadConnection> none = readers.suspend();
    DataSetId id;
    try {
      none.forEach(Readers::close);
      id = openAll();
    } finally {
      readers.resume(null);
    }
    thread.start();
    return id;
  }

  /**
   * Runs it in the next transaction.
   *
   * @return completes on the caller's context once it is durable
   */
  <T> Future<T> submit(Work<T> work, int records, long bytes) {
    Request<T> request = new Request<>(work, records, bytes, vertx.getOrCreateContext());
    synchronized (this) {
      if (closing) {
        return Future.failedFuture(closedException());
      }
      queue.add(request);
    }
    return request.promise.future();
  }

  /** Sees whether writes work. */
  Future<Integer> probe() {
    return submit(
        connection -> {
          writeFile();
          return connection.probe();
        },
        1,
        0);
  }

  /** What is wrong with writing; null if nothing is known to be. */
  @Nullable
  String trouble() {
    return trouble;
  }

  /** Looks for what is left behind in the file, on a thread of the readers. */
  Future<Scrubber.Found> findRemains(long fromPage) {
    return readers.submitAside(() -> {
      Scrubber open = scrubber;
      if (open == null) {
        throw new StorageException(Outcome.NOT_COMMITTED, "the database is not open", null);
      }
      return open.find(fromPage);
    });
  }

  /**
   * Makes the log empty, then overwrites what is left behind in these pages of the file.
   *
   * @return whether the log could be made empty
   */
  Future<Boolean> clearRemains(List<Long> pages) {
    return submit(
        connection -> {
          Scrubber open = scrubber;
          if (!connection.emptyLog()) {
            return false;
          }
          if (open != null && !pages.isEmpty()) {
            open.clear(pages);
            connection.dropPages();
          }
          return true;
        },
        FIRST,
        0);
  }

  /** Finishes what was submitted, then closes all connections. Idempotent. */
  Future<Void> close() {
    synchronized (this) {
      if (!closing) {
        closing = true;
        queue.add(wakeUp);
      }
    }
    return ended.future();
  }

  static StorageException closedException() {
    return new StorageException(Outcome.NOT_COMMITTED, CLOSED, null);
  }

  // ---- what follows runs on the writer thread ----

  private void loop() {
    List<Request<?>> group = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      group.clear();
      try {
        gather(group);
        List<Request<?>> left = group;
        while (!left.isEmpty()) {
          left = attempt(left);
        }
      } catch (InterruptedException e) {
        continue; // there is nobody with a reason to
      } catch (Throwable e) {
        // A defect, or no memory: nothing is known about this transaction.
        suspect = true;
        String what = "writing to " + database.directory() + " failed: " + e;
        log.error("{}", what, e);
        trouble = what;
        fail(group, new StorageException(Outcome.UNKNOWN, what, e));
      }
      complete(group);
      checkpoint();
    }
    closeAll();
    ended.complete();
  }

  private void gather(List<Request<?>> group) throws InterruptedException {
    @Nullable Request<?> next = queue.take();
    int records = 0;
    long bytes = 0;
    do {
      if (next != wakeUp) {
        group.add(next);
      }
      records += next.records;
      bytes += next.bytes;
      next = queue.peek();
    } while (next != null
        && records + next.records <= MAX_RECORDS
        && bytes + next.bytes <= MAX_BYTES
        && next == queue.poll());
  }

  /**
   * Commits them in one transaction. If one can't be stored, that one fails and nothing is
   * committed.
   *
   * @return those that are to be attempted again
   */
  private List<Request<?>> attempt(List<Request<?>> group) {
    WriteConnection open;
    try {
      open = connected();
    } catch (SQLException e) {
      return fail(group, new StorageException(Outcome.NOT_COMMITTED, lost(e), e));
    } catch (IOException | StorageException e) {
      return fail(group, new StorageException(Outcome.NOT_COMMITTED, unwritable(e), e));
    }
    for (Request<?> request : group) {
      try {
        request.run(open);
      } catch (SQLException e) {
        if (SqliteError.of(e) != SqliteError.REFUSED) {
          return fail(group, new StorageException(Outcome.NOT_COMMITTED, lost(e), e));
        }
        request.failure =
            new StorageException(Outcome.REJECTED, "it can't be stored: " + e.getMessage(), e);
      } catch (IOException e) {
        request.failure = new StorageException(Outcome.NOT_COMMITTED, unwritable(e), e);
      } catch (StorageException e) {
        request.failure = e;
      } catch (RuntimeException e) {
        request.failure = new StorageException(Outcome.REJECTED, "it can't be stored: " + e, e);
      }
      if (request.failure != null) {
        disconnect();
        List<Request<?>> others = new ArrayList<>(group);
        others.remove(request);
        return others;
      }
    }
    try {
      open.flush();
    } catch (SQLException e) {
      return fail(group, new StorageException(Outcome.NOT_COMMITTED, lost(e), e));
    }
    try {
      if (open.commit()) {
        recovered();
      }
      return List.of();
    } catch (SQLException e) {
      boolean known = SqliteError.of(e) == SqliteError.FULL;
      if (!known) {
        suspect = true;
      }
      return fail(
          group, new StorageException(known ? Outcome.NOT_COMMITTED : Outcome.UNKNOWN, lost(e), e));
    }
  }

  @CanIgnoreReturnValue
  private static List<Request<?>> fail(List<Request<?>> group, StorageException failure) {
    group.forEach(request -> request.failure = failure);
    return List.of();
  }

  private WriteConnection connected() throws SQLException, IOException {
    if (suspect) {
      writeFile();
      reopen();
      suspect = false;
    }
    WriteConnection open = connection;
    if (open == null) {
      open = new WriteConnection(database.openWriter());
      connection = open;
    }
    return open;
  }

  /** Writes and syncs a file beside the database. */
  private void writeFile() throws IOException {
    Path file = database.directory().resolve("probe");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
      while (bytes.hasRemaining()) {
        int ignored = channel.write(bytes);
      }
      channel.force(true);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Closes everything, leaving the log as it is, and opens it again. */
  private void reopen() throws SQLException, IOException {
    List<ReadConnection> old = readers.suspend();
    boolean open = false;
    try {
      // The writer must not go last: it would copy the log itself, from where it believes to be.
      disconnect();
      old.forEach(Readers::close);
      closeScrubber();
      DataSetId ignored = openAll();
      open = true;
    } finally {
      readers.resume(open ? null : "can't open " + database.directory() + " again");
    }
  }

  /** Opens the writer and a first reader, while readers are suspended. */
  private DataSetId openAll() throws SQLException, IOException {
    database.settle();
    Connection raw = database.openWriter();
    try {
      DataSetId id = Database.dataSetId(raw);
      scrubber = database.openScrubber();
      readers.add(new ReadConnection(database.openReader()));
      connection = new WriteConnection(raw);
      logPages = 0;
      checkpointAt = CHECKPOINT_PAGES;
      return id;
    } catch (SQLException | IOException | RuntimeException e) {
      raw.close();
      closeScrubber();
      throw e;
    }
  }

  /** After all connections. */
  private void closeScrubber() {
    Scrubber open = scrubber;
    scrubber = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        log.debug("{}: closing the file", database.directory(), e);
      }
    }
  }

  /** Rolls back what is under way. */
  private void disconnect() {
    WriteConnection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        log.debug("{}: closing the writing connection", database.directory(), e);
      }
    }
  }

  /**
   * After an error of the connection, which can't be used any more.
   *
   * @return what to tell
   */
  @CanIgnoreReturnValue
  private String lost(SQLException e) {
    SqliteError error = SqliteError.of(e);
    if (error == SqliteError.IO || error == SqliteError.DAMAGED) {
      suspect = true;
    }
    if (!suspect) {
      // A suspect one stays open until the readers are closed with it.
      disconnect();
    }
    return switch (error) {
      case FULL -> trouble(full(), e);
      default -> unwritable(e);
    };
  }

  private String unwritable(Exception e) {
    String message = String.valueOf(e.getMessage());
    return trouble(
        message.contains("No space left on device")
            ? full()
            : "can't write to " + database.directory() + " (" + message
                + "): writes go on by themselves once that is possible again",
        e);
  }

  private String full() {
    return "disk full in " + database.directory() + ": make room, writes go on by themselves";
  }

  /** What an operator can act on is said once, in one line. */
  private String trouble(String what, Exception e) {
    if (!what.equals(trouble)) {
      trouble = what;
      log.warn("{}", what);
      log.debug("{}", what, e);
    }
    return what;
  }

  private void recovered() {
    if (trouble != null) {
      trouble = null;
      log.info("{}: writes go on", database.directory());
    }
  }

  private void checkpoint() {
    WriteConnection open = connection;
    if (open == null || suspect) {
      return;
    }
    try {
      int pages = open.logPages();
      if (pages < logPages) {
        checkpointAt = CHECKPOINT_PAGES;
      }
      logPages = pages;
      if (pages >= checkpointAt) {
        open.checkpoint(pages >= LOG_PAGES && !readers.longRunning());
        checkpointAt = pages + CHECKPOINT_PAGES;
      }
    } catch (SQLException e) {
      lost(e);
    }
  }

  private void closeAll() {
    List<ReadConnection> old = readers.suspend();
    try {
      if (suspect) {
        disconnect();
        old.forEach(Readers::close);
      } else {
        // The writer last: it copies what is in the log to the database and removes the log.
        old.forEach(Readers::close);
        disconnect();
      }
      closeScrubber();
    } finally {
      readers.resume(CLOSED);
    }
  }

  private static void complete(List<Request<?>> group) {
    IdentityHashMap<Context, List<Request<?>>> byContext = new IdentityHashMap<>();
    for (Request<?> request : group) {
      byContext.computeIfAbsent(request.context, context -> new ArrayList<>()).add(request);
    }
    byContext.forEach((context, requests) -> {
      try {
        context.runOnContext(nothing -> requests.forEach(Request::complete));
      } catch (RejectedExecutionException e) {
        // Vert.x has been closed, and those who wait with it.
        log.debug("nobody waits for {} results", requests.size());
      }
    });
  }
}
