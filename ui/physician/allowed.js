// Whether camera and microphone may be used without asking: nobody is asked for anything by an open page.

const NAMES = ["camera", "microphone"];

/** Calls `use()` when both may be used: at once, or when the reader allows it. A browser that will not say never calls. */
export async function whenAllowed(use) {
  try {
    const permissions = await Promise.all(NAMES.map((name) => navigator.permissions.query({ name })));
    const look = () => permissions.every(({ state }) => state === "granted") && use();
    for (const permission of permissions) permission.onchange = look;
    look();
  } catch (error) {
    console.info("permissions are not told", error.name);
  }
}
