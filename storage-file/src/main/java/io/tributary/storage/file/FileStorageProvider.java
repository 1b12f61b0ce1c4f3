package io.tributary.storage.file;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Opens data directories: an SQLite database each, for one process at a time, every append synced to
 * disk before it is answered. The only setting is {@code dir}, {@value #DEFAULT_DIR} if there is
 * none.
 */
public final class FileStorageProvider implements StorageProvider {
  /** The directory where none is configured, from the working directory. */
  public static final String DEFAULT_DIR = "./tributary-data";

  private final InstantSource clock;

  /** With the system's clock. */
  public FileStorageProvider() {
    this(InstantSource.system());
  }

  /** With the clock that leases end by. */
  public FileStorageProvider(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public Future<Storage> open(Vertx vertx, JsonObject config) {
    Path configured;
    try {
      configured = directory(config);
    } catch (StorageConfigException e) {
      return Future.failedFuture(e);
    }
    return vertx.executeBlocking(
        () -> {
          try {
            loadNative();
            return FileStorage.open(vertx, Database.makeDirectory(configured), clock);
          } catch (IOException | SQLException e) {
            throw cannotOpen(configured.toAbsolutePath().normalize(), e);
          }
        },
        false);
  }

  private static Path directory(JsonObject config) {
    for (String key : config.fieldNames()) {
      if (!key.equals("dir")) {
        throw new StorageConfigException(
            key, "found " + key + ", but the provider file has only the setting dir");
      }
    }
    Object dir = config.getValue("dir", DEFAULT_DIR);
    if (!(dir instanceof String path) || path.isBlank()) {
      throw new StorageConfigException(
          "dir", "found " + dir + ", but it is the path of a directory");
    }
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new StorageConfigException(
          "dir", "found " + dir + ", but it is the path of a directory: " + e.getReason());
    }
  }

  /** What a data set was known by, and is from now on. */
  public record Reseeded(DataSetId before, DataSetId after) {}

  /**
   * Gives the data set in a directory a new identity, as is needed after an old copy of it was put
   * back: replicas then ask from the beginning, and push again what the copy lacks. Blocking; takes
   * the directory's lock.
   *
   * @throws StorageException if there is no data set, or the directory is in use, or it fails
   */
  public static Reseeded reseed(Path directory) {
    return offline(directory, database -> {
      try (Connection connection = database.openWriter()) {
        DataSetId before = Database.dataSetId(connection);
        DataSetId after = DataSetId.random();
        Database.setDataSetId(connection, after);
        return new Reseeded(before, after);
      }
    });
  }

  /**
   * Looks whether the data set in a directory is as it has to be: by SQLite's rules and by ours.
   * Reads everything. Blocking; takes the directory's lock.
   *
   * @return what is wrong, in words; empty if nothing is
   * @throws StorageException if there is no data set, or the directory is in use, or it fails
   */
  public static List<String> check(Path directory) {
    return offline(directory, database -> {
      try (Connection connection = database.openAsItIs()) {
        return Check.of(connection);
      } catch (SQLException e) {
        if (SqliteError.of(e) == SqliteError.DAMAGED) {
          return List.of("SQLite: " + e.getMessage());
        }
        throw e;
      }
    });
  }

  /**
   * Makes a data set of a backup, in a new or empty directory. It gets an identity of its own, so
   * that replicas push again what the backup lacks; leases have ended. The backup is checked first,
   * as by {@link #check}, and stays as it is. Blocking; takes the directory's lock.
   *
   * @param backup the directory that was given to {@link Storage#backup}
   * @return the new identity
   * @throws StorageException with outcome {@code REJECTED} if it isn't a whole backup, or the
   *     directory isn't empty; also if the directory is in use, or it fails
   */
  public static DataSetId restore(Path backup, Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Path made = Database.makeDirectory(absolute);
      DirectoryLock lock = DirectoryLock.acquire(made);
      try {
        loadNative();
        return Backup.restore(backup.toAbsolutePath().normalize(), made);
      } finally {
        lock.close();
      }
    } catch (IOException | SQLException e) {
      throw new StorageException(
          Outcome.NOT_COMMITTED,
          "can't restore " + backup + " into " + absolute + ": " + inWords(absolute, e),
          e);
    }
  }

  private interface Offline<T> {
    T run(Database database) throws IOException, SQLException;
  }

  /** With the lock of a directory that has a data set in it. */
  private static <T> T offline(Path directory, Offline<T> work) {
    Path absolute = directory.toAbsolutePath().normalize();
    Database database = new Database(absolute);
    if (!database.exists()) {
      throw new StorageException(Outcome.REJECTED, "there is no data set in " + absolute, null);
    }
    try {
      DirectoryLock lock = DirectoryLock.acquire(absolute);
      try {
        loadNative();
        database.settle();
        return work.run(database);
      } finally {
        lock.close();
      }
    } catch (IOException | SQLException e) {
      throw cannotOpen(absolute, e);
    }
  }

  private static StorageException cannotOpen(Path directory, Exception e) {
    return new StorageException(
        Outcome.NOT_COMMITTED,
        "can't open the data directory " + directory + ": " + inWords(directory, e),
        e);
  }

  /** What an operator can act on; the exceptions of files say little more than a path. */
  static String inWords(Path directory, Exception e) {
    if (e instanceof SQLException sql) {
      return switch (SqliteError.of(sql)) {
        case FULL -> "the disk is full: make room";
        case DAMAGED ->
          directory.resolve(Database.FILE) + " is damaged or not a database: put back a copy and"
              + " reseed, or choose another storage.file.dir (" + e.getMessage() + ")";
        default -> String.valueOf(e.getMessage());
      };
    }
    Path absolute = directory.toAbsolutePath().normalize();
    for (Path above = absolute; above != null; above = above.getParent()) {
      if (Files.exists(above)) {
        if (!Files.isDirectory(above)) {
          return above + " is not a directory";
        }
        break;
      }
    }
    return e instanceof FileSystemException file ? inWords(absolute, file) : e.toString();
  }

  private static String inWords(Path directory, FileSystemException e) {
    String file = e.getFile();
    if (e instanceof AccessDeniedException) {
      return "no permission for " + file;
    } else if (e instanceof NoSuchFileException) {
      return directory.startsWith(file)
          ? file + " does not exist and can't be made"
          : file + " does not exist";
    } else if (e instanceof FileAlreadyExistsException) {
      return "something else is at " + file;
    }
    return e.getReason() == null
        ? file + " (" + e.getClass().getSimpleName() + ")"
        : String.valueOf(e.getMessage());
  }

  /** SQLite's own code is in the jar, and has to be put into a file to be run. */
  private static void loadNative() {
    Exception cause = null;
    try {
      if (SQLiteJDBCLoader.initialize()) {
        return;
      }
    } catch (Exception e) {
      cause = e;
    }
    throw new StorageException(
        Outcome.NOT_COMMITTED,
        "SQLite's native library can't be loaded from "
            + System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir"))
            + ": choose a directory that programs may be run from with -Dorg.sqlite.tmpdir=DIR",
        cause);
  }
}
