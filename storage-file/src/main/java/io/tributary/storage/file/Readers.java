package io.tributary.storage.file;

import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The connections that read, each on a worker thread of their own pool while it does. They can be
 * taken away for a moment, when the database is closed and opened again after an error.
 */
final class Readers {
  /** Enough to keep a disk busy; more only compete with the writer. */
  static final int COUNT = 4;

  private final Database database;
  private final WorkerExecutor workers;

  /** Held for reading while a connection is in use, for writing while they come and go. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  private final ConcurrentLinkedDeque<ReadConnection> idle = new ConcurrentLinkedDeque<>();

  /** Why there are none. */
  private volatile @Nullable String closed;

  /** What is done with a connection. */
  interface Work<T> {
    T run(ReadConnection connection) throws SQLException;
  }

  Readers(Vertx vertx, Database database, String name) {
    this.database = database;
    this.workers = vertx.createSharedWorkerExecutor(name, COUNT);
  }

  <T> Future<T> submit(Work<T> work) {
    return workers.executeBlocking(() -> read(work), false);
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
   * Waits for those that read, keeps others waiting, and takes the connections away.
   *
   * @return the connections, for the caller to close
   */
  List<ReadConnection> suspend() {
    gate.writeLock().lock();
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
    return workers.close();
  }
}
