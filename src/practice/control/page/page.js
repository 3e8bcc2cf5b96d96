const words = {
  it: {
    title: 'Linea di esercitazione',
    lead: 'Cittadini simulati per imparare e per provare. Nessuna di queste chiamate è vera.',
    other: 'English',
    entry: 'Accesso',
    entryHelp: 'Incolla il codice che la linea ha scritto all’avvio.',
    token: 'Codice',
    enter: 'Entra',
    wrong: 'Codice non valido.',
    rate: 'Ritmo',
    perMinute: 'Chiamate al minuto',
    set: 'Imposta',
    figures: (n) => (n === 1 ? '1 in coda' : `${n} in coda`),
    scenarios: 'Chi può chiamare',
    call: 'Fai chiamare',
    withheld: 'numero nascosto',
    agents: 'Operatori',
    nobody: 'Nessuna postazione collegata.',
    log: 'Chiamate',
    time: 'Ora',
    scenario: 'Chi',
    state: 'Stato',
    extension: 'Interno',
    away: 'La linea non risponde.',
    states: {
      waiting: 'in coda',
      ringing: 'squilla',
      talking: 'in conversazione',
      held: 'in attesa',
      parked: 'postazione persa, trattenuta',
      ended: 'finita',
      ready: 'pronto',
      'not-ready': 'non pronto',
      offered: 'squilla',
      'in-call': 'in chiamata',
      'after-call-work': 'chiusura',
    },
    ends: {
      citizen: 'ha chiuso il cittadino',
      operator: 'ha chiuso l’operatore',
      'gave-up': 'ha rinunciato',
      'handed-on': 'passato a un collega',
      lost: 'caduta',
      'line-closed': 'linea chiusa',
    },
  },
  en: {
    title: 'Practice line',
    lead: 'Simulated citizens for learning and testing. None of these calls is real.',
    other: 'Italiano',
    entry: 'Access',
    entryHelp: 'Paste the token that the line printed at its start.',
    token: 'Token',
    enter: 'Enter',
    wrong: 'That token is not valid.',
    rate: 'Rate',
    perMinute: 'Calls a minute',
    set: 'Set',
    figures: (n) => `${n} waiting`,
    scenarios: 'Who can call',
    call: 'Call now',
    withheld: 'number withheld',
    agents: 'Operators',
    nobody: 'No desk is connected.',
    log: 'Calls',
    time: 'Time',
    scenario: 'Who',
    state: 'State',
    extension: 'Extension',
    away: 'The line does not answer.',
    states: {
      waiting: 'waiting',
      ringing: 'ringing',
      talking: 'talking',
      held: 'on hold',
      parked: 'desk lost, kept',
      ended: 'ended',
      ready: 'ready',
      'not-ready': 'not ready',
      offered: 'ringing',
      'in-call': 'in a call',
      'after-call-work': 'wrap-up',
    },
    ends: {
      citizen: 'the citizen hung up',
      operator: 'the operator hung up',
      'gave-up': 'gave up',
      'handed-on': 'handed on to a colleague',
      lost: 'lost',
      'line-closed': 'line closed',
    },
  },
}

const refreshMs = 1000
let language = navigator.language.startsWith('it') ? 'it' : 'en'
let shown = null

const at = (id) => document.getElementById(id)
const element = (name, text, className) => {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  if (className) made.className = className
  return made
}

async function ask(path, body) {
  const options = body
    ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    : {}
  return fetch(path, options)
}

function writeWords() {
  const text = words[language]
  document.documentElement.lang = language
  document.title = text.title
  at('language').textContent = text.other
  at('language').lang = language === 'it' ? 'en' : 'it'
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = text[node.dataset.text]
  if (shown) show(shown)
}

function show(state) {
  const text = words[language]
  shown = state
  at('figures').textContent = text.figures(state.figures.waiting)
  if (document.activeElement !== at('rate')) at('rate').value = String(state.rate)
  showScenarios(state.scenarios)
  const agents = state.agents.map(({ extension, state: agent }) =>
    element('li', `${extension}: ${text.states[agent.kind]}${agent.reason ? ` (${agent.reason})` : ''}`),
  )
  at('agents').replaceChildren(...(agents.length > 0 ? agents : [element('li', text.nobody)]))
  const titles = new Map(state.scenarios.map(({ id, title }) => [id, title[language]]))
  at('log').replaceChildren(
    ...state.log.map((entry) => {
      const row = element('tr')
      const end = entry.end ? `, ${text.ends[entry.end]}` : ''
      row.append(
        element('td', new Date(entry.at).toLocaleTimeString(language)),
        element('td', titles.get(entry.scenario) ?? ''),
        element('td', text.states[entry.state] + end),
        element('td', entry.extension ?? ''),
      )
      return row
    }),
  )
}

/** Only when they changed: a button that is replaced loses its focus. */
function showScenarios(scenarios) {
  const list = at('scenarios')
  if (list.dataset.language === language) return
  list.dataset.language = language
  const text = words[language]
  list.replaceChildren(
    ...scenarios.map((scenario) => {
      const item = element('li')
      const button = element('button', text.call)
      button.type = 'button'
      button.setAttribute('aria-label', `${text.call}: ${scenario.title[language]}`)
      button.addEventListener('click', async () => {
        await ask('/control/calls', { scenario: scenario.id })
        await refresh()
      })
      const about = element('div')
      about.append(
        element('strong', scenario.title[language]),
        element(
          'span',
          [scenario.displayName, scenario.number ?? text.withheld].filter(Boolean).join(' · '),
          'who',
        ),
        element('p', scenario.brief[language]),
      )
      item.append(about, button)
      return item
    }),
  )
}

async function refresh() {
  try {
    const response = await ask('/control/state')
    at('problem').textContent = ''
    at('entry').hidden = response.ok
    at('control').hidden = !response.ok
    if (response.ok) show(await response.json())
  } catch {
    at('problem').textContent = words[language].away
  }
}

async function enter(token) {
  const response = await ask('/control/session', { token })
  at('entry-problem').textContent = response.ok ? '' : words[language].wrong
  await refresh()
}

at('language').addEventListener('click', () => {
  language = language === 'it' ? 'en' : 'it'
  writeWords()
})
at('entry-form').addEventListener('submit', (event) => {
  event.preventDefault()
  enter(at('token').value)
})
at('set-rate').addEventListener('click', async () => {
  await ask('/control/rate', { perMinute: Number(at('rate').value) })
  await refresh()
})

writeWords()
// A start program may hand the token over in the fragment, which no server and no log sees.
const fragment = location.hash.slice(1)
if (fragment) {
  history.replaceState(null, '', location.pathname)
  await enter(fragment)
} else await refresh()
setInterval(refresh, refreshMs)
