/** Starts the screens: one connection to the host, one component tree. */
import { mount } from 'svelte'
import App from './App.svelte'
import { connect } from './channel/connect.ts'
import { rememberedTheme, showTheme } from './settings/theme.ts'
import { rememberedLanguage, showLanguage } from './texts/language.ts'
import './ui/tokens.css'
import './ui/base.css'

showTheme(rememberedTheme())
showLanguage(rememberedLanguage())

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no element with the id "app"')
const { client, connection } = connect()
mount(App, { target, props: { client, connection } })
