package io.tributary.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoragesTest {
  private record Named(String name) implements StorageProvider {
    @Override
    public Future<Storage> open(Vertx vertx, JsonObject config) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void findsAProviderByName() {
    assertThat(Storages.find("memory")).isInstanceOf(MemoryStorageProvider.class);
  }

  @Test
  void anUnknownNameIsToldWithTheKnownOnes() {
    assertThatThrownBy(() -> find("fiel", new Named("memory"), new Named("file")))
        .asInstanceOf(type(StorageConfigException.class))
        .returns("storage.provider", StorageConfigException::key)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("fiel", "file, memory");
  }

  @Test
  void aNameOfTwoProvidersIsRefused() {
    StorageProvider other = new Named("other");
    StorageProvider[] providers = {new Named("twice"), new Second(), other};
    assertThatThrownBy(() -> find("twice", providers))
        .asInstanceOf(type(StorageConfigException.class))
        .returns("storage.provider", StorageConfigException::key)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("twice", Named.class.getName(), Second.class.getName());
    assertThat(find("other", providers)).isSameAs(other);
  }

  @Test
  void aProviderThatCannotBeLoadedIsTold(@TempDir Path dir) throws IOException {
    Path services = Files.createDirectories(dir.resolve("META-INF/services"));
    Files.writeString(services.resolve(StorageProvider.class.getName()), "no.such.Provider");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader broken =
        new URLClassLoader(new URL[] {dir.toUri().toURL()}, getClass().getClassLoader())) {
      thread.setContextClassLoader(broken);
      assertThatThrownBy(() -> Storages.find("memory"))
          .isInstanceOf(StorageConfigException.class)
          .hasMessageContaining("no.such.Provider");
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static StorageProvider find(String name, StorageProvider... providers) {
    return Storages.find(name, List.of(providers));
  }

  private static final class Second implements StorageProvider {
    @Override
    public String name() {
      return "twice";
    }

    @Override
    public Future<Storage> open(Vertx vertx, JsonObject config) {
      throw new UnsupportedOperationException();
    }
  }
}
