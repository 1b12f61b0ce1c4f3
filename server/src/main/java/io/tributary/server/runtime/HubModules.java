package io.tributary.server.runtime;

import io.tributary.core.eventlog.Reactivity;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The modules there are, and what they bring together. */
public final class HubModules implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(HubModules.class);

  private final List<Found> modules;
  private final HubExtensions extensions;
  private final @Nullable URLClassLoader loader;

  /** @param from the file it is in, for messages */
  private record Found(HubModule module, String name, String from) {
    String shown() {
      return "the module " + name + " of " + from;
    }
  }

  private HubModules(
      List<Found> modules, HubExtensions extensions, @Nullable URLClassLoader loader) {
    this.modules = modules;
    this.extensions = extensions;
    this.loader = loader;
  }

  /**
   * Loads the modules of the class path, and those in the jars of a directory, which share one class
   * loader; in the order of their files' names. Blocks.
   *
   * @param directory as given to {@code serve --plugins}; empty for the class path only
   * @throws HubModuleException if one can't be used; nothing is left open then
   */
  public static HubModules load(Optional<Path> directory) {
    List<Path> jars = directory.map(PluginFiles::in).orElse(List.of());
    URLClassLoader loader = jars.isEmpty() ? null : loader(jars);
    try {
      ClassLoader from = loader == null ? HubModules.class.getClassLoader() : loader;
      List<Found> found = find(from);
      for (Path jar : jars) {
        if (found.stream().noneMatch(module -> module.from().equals(jar.toString()))) {
          throw new HubModuleException(
              jar + " names no module of its own in META-INF/services: take it out, or build it"
                  + " again",
              null);
        }
      }
      return new HubModules(found, register(found), loader);
    } catch (HubModuleException e) {
      close(loader);
      throw e;
    }
  }

  private static URLClassLoader loader(List<Path> jars) {
    try {
      URL[] urls = new URL[jars.size()];
      for (int i = 0; i < urls.length; i++) {
        urls[i] = jars.get(i).toUri().toURL();
      }
      return new URLClassLoader("plugins", urls, HubModules.class.getClassLoader());
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Found> find(ClassLoader loader) {
    List<Found> found = new ArrayList<>();
    try {
      Iterator<ServiceLoader.Provider<HubModule>> providers =
          ServiceLoader.load(HubModule.class, loader).stream().iterator();
      while (providers.hasNext()) {
        ServiceLoader.Provider<HubModule> provider = providers.next();
        String from = file(provider.type());
        HubModule module;
        String name;
        try {
          module = provider.get();
          name = String.valueOf(module.name());
        } catch (ServiceConfigurationError | RuntimeException | LinkageError e) {
          throw new HubModuleException(
              from + ": " + provider.type().getName() + " can't be loaded: " + words(e), e);
        }
        found.add(new Found(module, name, from));
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      // its message names the file
      throw new HubModuleException("a module can't be loaded: " + words(e), e);
    }
    found.sort(Comparator.comparing(Found::from));
    return found;
  }

  private static String file(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return "the class path";
    }
    try {
      return Path.of(source.getLocation().toURI()).toString();
    } catch (URISyntaxException | IllegalArgumentException e) {
      return source.getLocation().toString();
    }
  }

  private static HubExtensions register(List<Found> modules) {
    HubExtensions.Builder builder = HubExtensions.builder();
    Reactivity reactivity = builder.build().reactivity();
    Map<String, Found> names = new HashMap<>();
    @Nullable Found suspect = null;
    Set<String> events = new HashSet<>();
    for (Found module : modules) {
      Found namesake = names.putIfAbsent(module.name(), module);
      if (namesake != null) {
        throw new HubModuleException(
            module.shown() + " has the name of one of " + namesake.from()
                + ": take one of them out",
            null);
      }
      try {
        module.module().register(builder);
      } catch (RuntimeException | LinkageError e) {
        throw new HubModuleException(module.shown() + " can't be registered: " + words(e), e);
      }
      HubExtensions sofar;
      try {
        sofar = builder.build();
      } catch (IllegalArgumentException e) {
        // it may be made good by one that comes later
        suspect = suspect == null ? module : suspect;
        continue;
      }
      if (sofar.auth().isPresent()) {
        throw new HubModuleException(
            module.shown() + " sets the HubAuth, whatever hub.auth says: it has to give it a name,"
                + " auth(NAME, …), for hub.auth to choose",
            null);
      }
      if (sofar.reactivity() != reactivity) {
        throw new HubModuleException(
            module.shown()
                + " replaces the hub's Reactivity, which all modules share: it has to use"
                + " invalidates(…)",
            null);
      }
      List<String> own = sofar.groups().events().stream()
          .map(event -> event.definition().tag())
          .filter(events::add)
          .toList();
      logger.info("module {} of {} loaded, events={}", module.name(), module.from(), own);
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new HubModuleException(
          (suspect == null ? "the modules" : suspect.shown())
              + " can't be used with what is there: " + e.getMessage(),
          e);
    }
  }

  private static String words(Throwable e) {
    return e.getMessage() == null
        ? e.getClass().getName()
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /** What all of them bring. */
  public HubExtensions extensions() {
    return extensions;
  }

  /**
   * Tells the modules, one after the other, that the hub runs.
   *
   * @return fails with {@link HubModuleException} if one of them fails
   */
  public Future<Void> start(HubRuntime hub) {
    return start(hub, 0);
  }

  private Future<Void> start(HubRuntime hub, int at) {
    if (at == modules.size()) {
      return Future.succeededFuture();
    }
    Found next = modules.get(at);
    return started(next.module(), hub)
        .recover(e -> Future.failedFuture(
            new HubModuleException(next.shown() + " could not start: " + words(e), e)))
        .compose(v -> start(hub, at + 1));
  }

  private static Future<Void> started(HubModule module, HubRuntime hub) {
    try {
      @Nullable Future<Void> started = module.start(hub);
      return started == null
          ? Future.failedFuture(new IllegalStateException("start returned null"))
          : started;
    } catch (RuntimeException | LinkageError e) {
      return Future.failedFuture(e);
    }
  }

  /** To be called when the hub has stopped: classes of the modules can't be loaded any more. */
  @Override
  public void close() {
    close(loader);
  }

  private static void close(@Nullable URLClassLoader loader) {
    if (loader != null) {
      try {
        loader.close();
      } catch (IOException e) {
        logger.debug("plugins not closed in order", e);
      }
    }
  }
}
