// What the client scripts in JavaScript share: who they are and how they report.
import assert from 'node:assert/strict';

export const {
  ISSUER,
  SERVICE_ID,
  SERVICE_SECRET,
  WEB_ID,
  WEB_SECRET,
  PUBLIC_ID,
  REDIRECT_URI,
  RESOURCE,
} = process.env;

// One line of the report. A failure ends the script: later steps stand on earlier ones.
export async function step(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(`FAILED ${name}`);
    throw error;
  }
  console.log(`ok ${name}`);
}

// The call must end in this OAuth error.
export async function refused(code, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.error, code, String(error));
    return true;
  });
}
