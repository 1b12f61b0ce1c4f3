package io.tributary.storage.file;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The connections that read, each on a worker thread of their own pool while it does. They can be
 * taken away for a moment, when the database is closed and opened again after an error.
 */
final class Readers {
  /** Enough to keep a disk busy; more only compete with the writer. */
  static final int COUNT = 4;

  /** How long a copy has to notice that it is to stop. */
  private static final int INTERRUPT_MS = 20;

  private final Database database;
  private final WorkerExecutor workers;

  /** For what takes so long that it would keep the others from reading. */
  private final WorkerExecutor longWorker;

  /** What is at work there. */
  private volatile @Nullable ReadConnection longRunning;

  /** Held for reading while a connection is in use, for writing while they come and go. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  private final ConcurrentLinkedDeque<ReadConnection> idle = new ConcurrentLinkedDeque<>();

  /** Why there are none. */
  private volatile @Nullable String closed;

  /** What is done with a connection. */
  interface Work<T> {
    T run(ReadConnection connection) throws SQLException;
  }

  /** What is done with what came of it. */
  interface After<T, R> {
    R run(T result) throws Exception;
  }

  Readers(Vertx vertx, Database database, String name) {
    this.database = database;
    this.workers = vertx.createSharedWorkerExecutor(name, COUNT);
    // Hours: Vert.x would complain of a thread that is blocked.
    this.longWorker = vertx.createSharedWorkerExecutor(name + "-long", 1, 24, TimeUnit.HOURS);
  }

  <T> Future<T> submit(Work<T> work) {
    return workers.executeBlocking(() -> read(work), false);
  }

  /**
   * As {@link #submit}, for work that may take as long as it likes, one at a time. It is interrupted
   * when the connections are taken away.
   *
   * @param after is done on the same thread when the connection is closed
   */
  <T, R> Future<R> submitLong(Work<T> work, After<T, R> after) {
    return longWorker.executeBlocking(() -> after.run(readLong(work)), false);
  }

  /** Runs what reads files by itself on the same threads. */
  <T> Future<T> submitAside(Callable<T> work) {
    return workers
        .executeBlocking(work, false)
        .recover(e -> Future.failedFuture(
            e instanceof StorageException
                ? e
                : new StorageException(
                    Outcome.NOT_COMMITTED, "can't read " + database.directory() + ": " + e, e)));
  }

  /** Whether somebody sees a state that may be long past. */
  boolean longRunning() {
    return longRunning != null;
  }

  private <T> T readLong(Work<T> work) {
    gate.readLock().lock();
    try {
      String why = closed;
      if (why != null) {
        throw new StorageException(Outcome.NOT_COMMITTED, why, null);
      }
      try (ReadConnection connection = new ReadConnection(database.openReader())) {
        longRunning = connection;
        return work.run(connection);
      } catch (SQLException e) {
        throw new StorageException(
            Outcome.NOT_COMMITTED, "can't copy " + database.directory() + ": " + e.getMessage(), e);
      } finally {
        longRunning = null;
      }
    } finally {
      gate.readLock().unlock();
    }
  }

  private <T> T read(Work<T> work) {
    gate.readLock().lock();
    try {
      String why = closed;
      if (why != null) {
        throw new StorageException(Outcome.NOT_COMMITTED, why, null);
      }
      ReadConnection connection = idle.poll();
      boolean done = false;
      try {
        if (connection == null) {
          connection = new ReadConnection(database.openReader());
        }
        T result = work.run(connection);
        done = true;
        return result;
      } catch (SQLException e) {
        throw new StorageException(
            Outcome.NOT_COMMITTED, "can't read " + database.directory() + ": " + e.getMessage(), e);
      } finally {
        if (done) {
          idle.push(connection);
        } else if (connection != null) {
          close(connection);
        }
      }
    } finally {
      gate.readLock().unlock();
    }
  }

  /**
   * Waits for those that read, interrupts what takes long, keeps others waiting, and takes the connections away.
   *
   * @return the connections, for the caller to close
   */
  List<ReadConnection> suspend() {
    boolean interrupted = false;
    while (true) {
      try {
        if (gate.writeLock().tryLock(INTERRUPT_MS, TimeUnit.MILLISECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      ReadConnection running = longRunning;
      if (running != null) {
        running.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    List<ReadConnection> taken = new ArrayList<>(idle);
    idle.clear();
    return taken;
  }

  /** Adds a connection while suspended. */
  void add(ReadConnection connection) {
    idle.push(connection);
  }

  /**
   * Lets them go on. By the thread that suspended them.
   *
   * @param closed what readers are told instead of being let in; null to let them in
   */
  void resume(@Nullable String closed) {
    this.closed = closed;
    gate.writeLock().unlock();
  }

  static void close(ReadConnection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // it was only read from
    }
  }

  /** Ends the threads; to be called once nothing is submitted any more. */
  Future<Void> stop() {
    return workers.close().transform(closed -> longWorker.close());
  }
}
